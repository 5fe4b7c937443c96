/** The credentials with which a user of a kubeconfig authenticates to the API server. */
import { whyUnreadable } from "../../../base/os_reason.ts";
import { maybe } from "../../../base/maybe.ts";
import { KubeConfigError } from "./files.ts";
import { type ExecCredential, execCredential } from "./exec_plugin.ts";
import type { KubeTarget } from "./config.ts";
import { pem } from "./pem.ts";
import type { PemText } from "../../tls/tls_files.ts";
import type { DialContext } from "../../transport.ts";

export interface KubeCredentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly cert?: PemText;
  readonly key?: PemText;
  /** The credentials in words, for messages: `the token of user dev`. */
  readonly shown: string;
  /** Drops the plugin's cached credential, so the plugin runs again; undefined without a plugin. */
  readonly forget?: () => void;
}

/** Reads files and runs plugins. Throws `KubeConfigError`, or the signal's reason. */
export async function credentialsOf(
  target: KubeTarget,
  context: DialContext,
): Promise<KubeCredentials> {
  const { user } = target;
  const headers: Record<string, string | readonly string[]> = { ...user.impersonate };
  const [cert, key] = await Promise.all([pem(user.cert), pem(user.key)]);
  if ((cert === undefined) !== (key === undefined)) {
    throw new KubeConfigError(
      `${user.shown} has ${cert === undefined ? "a key without its certificate" : "no client-key"}`,
      "client-certificate and client-key must be given together",
    );
  }
  const pair = { ...cert && { cert }, ...key && { key } };
  const token = await tokenOf(target);
  if (token !== undefined) headers["Authorization"] = bearer(token, `the token of ${user.shown}`);
  else if (user.basic !== undefined) {
    const bytes = new TextEncoder().encode(`${user.basic.username}:${user.basic.password}`);
    headers["Authorization"] = `Basic ${bytes.toBase64()}`;
  } else if (user.exec !== undefined && cert === undefined) {
    const { credential, forget } = await execCredential(target, user.exec, context);
    return fromPlugin(credential, headers, user.shown, forget);
  }
  const what = headers["Authorization"] !== undefined
    ? user.basic !== undefined && token === undefined ? "the password" : "the token"
    : cert !== undefined
    ? "the client certificate"
    : "no credentials";
  const from = user.tokenFile !== undefined && token !== undefined ? ` (${user.tokenFile})` : "";
  const ended = token === undefined ? "" : expiry(token);
  return { headers, ...pair, shown: `${what} of ${user.shown}${from}${ended}` };
}

/** The value of `Authorization`. Throws `KubeConfigError` for a token that no header can hold. */
function bearer(token: string, shown: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
  throw new KubeConfigError(
    `${shown} is not valid: it has spaces, line breaks or other characters that a token can't have`,
    "get a new token, and check that nothing surrounds it",
  );
}

/** Returns `, which expired on …` for an expired JSON Web Token (RFC 7519), else "". */
function expiry(token: string): string {
  // Another kind of token has no readable claims.
  const exp = maybe(() => {
    const claims = Uint8Array.fromBase64(token.split(".")[1]!, { alphabet: "base64url" });
    return JSON.parse(new TextDecoder().decode(claims)).exp;
  });
  if (typeof exp !== "number" || exp * 1000 >= Date.now()) return "";
  return `, which expired on ${new Date(exp * 1000).toISOString().slice(0, 16)}Z`;
}

function fromPlugin(
  { token, cert, key, program }: ExecCredential,
  headers: KubeCredentials["headers"],
  user: string,
  forget: () => void,
): KubeCredentials {
  const from = `the credentials by ${program}`;
  const ended = token === undefined ? "" : expiry(token);
  return {
    headers: {
      ...headers,
      ...token !== undefined && { Authorization: bearer(token, `the token from ${program}`) },
    },
    ...cert !== undefined && { cert: { text: cert, from } },
    ...key !== undefined && { key: { text: key, from } },
    shown: `${from} of ${user}${ended}`,
    forget,
  };
}

/** Reads the token file, which another program renews; falls back to the kubeconfig's token. */
async function tokenOf({ user }: KubeTarget): Promise<string | undefined> {
  if (user.tokenFile === undefined) return user.token;
  try {
    const token = (await Deno.readTextFile(user.tokenFile)).trim();
    if (token !== "") return token;
  } catch (cause) {
    if (user.token === undefined) {
      throw new KubeConfigError(
        `the token file ${user.tokenFile} of ${user.shown} can't be read: ${whyUnreadable(cause)}`,
        "check tokenFile in the kubeconfig",
        { cause },
      );
    }
  }
  if (user.token !== undefined) return user.token;
  throw new KubeConfigError(`the token file ${user.tokenFile} is empty`, "get a new token");
}
