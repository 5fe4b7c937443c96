/**
 * Runs a kubeconfig's programs for credentials (aws, gke-gcloud-auth-plugin, kubelogin):
 *
 *     stdin, stderr   the terminal, if the kubeconfig allows it and there is a terminal
 *     KUBERNETES_EXEC_INFO   {"kind":"ExecCredential","apiVersion":…,"spec":{"interactive":…}}
 *     stdout          {"kind":"ExecCredential","apiVersion":…,"status":{"token":…,…}}
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
import { errorText } from "../../../base/error_text.ts";
import { fieldsOf } from "../../../base/json.ts";
import { maybe } from "../../../base/maybe.ts";
import { isTrue, type KubeTarget, relativeToFile } from "./config.ts";
import { KubeConfigError, type KubeEntry } from "./files.ts";
import { pem } from "./pem.ts";
import { mapsIn, textIn } from "../values.ts";
import { describeEnding, hasFailed } from "../../net/ending.ts";
import { outputOf } from "../../net/process.ts";
import type { DialContext } from "../../transport.ts";

/** A credential from a plugin. */
export interface ExecCredential {
  readonly token?: string;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Milliseconds since 1970; Infinity without an `expirationTimestamp`. */
  readonly expires: number;
  /** The plugin's name. */
  readonly program: string;
}

const GROUP = "client.authentication.k8s.io";
/** The longest stdout of a plugin, in bytes. */
const LONGEST_OUTPUT = 1 << 20;

const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`];
/** How long before its end a credential is replaced, in ms, because a dial takes some time. */
const MARGIN_MS = 10_000;

/** The credentials from plugins, by file, plugin and server. */
const given = new Map<string, Promise<ExecCredential>>();

/** The cached credential, or a new run's. Throws `KubeConfigError`, or the signal's reason. */
export async function execCredential(
  target: KubeTarget,
  { value, file }: KubeEntry,
  context: DialContext,
): Promise<{ credential: ExecCredential; forget: () => void }> {
  const key = JSON.stringify([file, value, target.server]);
  const forget = () => void given.delete(key);
  const pending = given.get(key);
  if (pending !== undefined) {
    // If another dial aborted the plugin, this dial runs the plugin again.
    const known = await pending.catch(() => undefined);
    if (known !== undefined && known.expires - MARGIN_MS > Date.now()) {
      return { credential: known, forget };
    }
  }
  const asked = runPlugin(target, { value, file }, context);
  given.set(key, asked);
  asked.catch(forget);
  return { credential: await asked, forget };
}

async function runPlugin(
  target: KubeTarget,
  entry: KubeEntry,
  { signal, step }: DialContext,
): Promise<ExecCredential> {
  const { value, file } = entry;
  const command = textIn(value.command)!;
  const fail = (problem: string, hint: string, cause?: unknown) =>
    new KubeConfigError(`${command}, which ${target.user.shown} names, ${problem}`, hint, {
      cause,
    });
  const apiVersion = textIn(value.apiVersion) ?? "";
  if (!VERSIONS.includes(apiVersion)) {
    throw fail(`is for ${apiVersion || "no version"}`, `known are ${VERSIONS.join(" and ")}`);
  }
  const terminal = interactive(textIn(value.interactiveMode), apiVersion, fail);
  const spec = {
    ...isTrue(value.provideClusterInfo) && { cluster: await clusterInfo(target) },
    interactive: terminal,
  };
  const variables = mapsIn(value.env)
    .map(({ name, value }) => [String(name), String(value)] as const);
  const args = (Array.isArray(value.args) ? value.args : []).map(String);
  // A path is relative to the kubeconfig's folder; a bare name is looked for in PATH.
  const program = /[\\/]/.test(command) ? relativeToFile(file, command) : command;
  step("authenticate", [command, ...args].join(" "));
  // Our own stdin may be a build's context: the plugin gets the terminal itself.
  const [path, ...words] = terminal
    ? ["/bin/sh", "-c", 'exec "$0" "$@" </dev/tty 2>/dev/tty', program, ...args]
    : [program, ...args];
  const cannotRun = (cause: unknown) => {
    signal.throwIfAborted();
    if (cause instanceof Deno.errors.PermissionDenied) {
      const hint = `make it executable: chmod +x ${program}`;
      return fail("can't be run: permission denied", hint, cause);
    }
    const hint = textIn(value.installHint)?.trim().replaceAll(/\s*\n\s*/g, " ");
    const absent = cause instanceof Deno.errors.NotFound;
    return fail(
      absent ? "is not installed" : `can't be run: ${errorText(cause)}`,
      absent && hint !== undefined ? hint : `install ${command}, or name it by its full path`,
      cause,
    );
  };
  const { ending, stdout, stderr } = await outputOf(path!, {
    args: words,
    env: {
      ...Object.fromEntries(variables),
      KUBERNETES_EXEC_INFO: JSON.stringify({ kind: "ExecCredential", apiVersion, spec }),
    },
    ...terminal && { ownGroup: false },
    longest: LONGEST_OUTPUT,
    signal,
  }).catch((cause) => {
    throw cannotRun(cause);
  });
  if (terminal && ending.code === 127) throw cannotRun(new Deno.errors.NotFound(program));
  if (hasFailed(ending)) {
    const hint = `run it by hand: ${[command, ...args].join(" ")}`;
    throw fail(describeEnding(ending, stderr), hint);
  }
  return credentialIn(stdout, apiVersion, command, fail);
}

type Fail = (problem: string, hint: string, cause?: unknown) => KubeConfigError;

/** Whether the plugin gets the terminal. Throws when the plugin needs one and there is none. */
function interactive(mode: string | undefined, apiVersion: string, fail: Fail): boolean {
  const modes = ["Never", "IfAvailable", "Always"];
  if (mode === undefined && apiVersion === VERSIONS[0]) {
    throw fail("has no interactiveMode", `${apiVersion} asks for one of ${modes.join(", ")}`);
  }
  if (mode !== undefined && !modes.includes(mode)) {
    throw fail(`has an unknown interactiveMode: ${mode}`, `known are ${modes.join(", ")}`);
  }
  if (mode === "Never") return false;
  const tty = maybe(() => Deno.openSync("/dev/tty", { read: true }));
  tty?.close();
  if (tty !== undefined) return true;
  if (mode !== "Always") return false;
  throw fail("asks for input, but there is no terminal", "log in beforehand, on a terminal");
}

async function clusterInfo({ server, tls, proxy }: KubeTarget) {
  const ca = await pem(tls.ca);
  const bytes = ca && new TextEncoder().encode(ca.text).toBase64();
  return {
    server,
    ...tls.serverName !== undefined && { "tls-server-name": tls.serverName },
    ...tls.insecure && { "insecure-skip-tls-verify": true },
    ...bytes !== undefined && { "certificate-authority-data": bytes },
    ...proxy !== undefined && { "proxy-url": proxy },
  };
}

function credentialIn(
  text: string,
  apiVersion: string,
  program: string,
  fail: Fail,
): ExecCredential {
  const hint = `see what ${program} prints: an ExecCredential of ${apiVersion} is asked for`;
  const parsed = maybe((): unknown => JSON.parse(text));
  // The output may hold a secret, so the message doesn't quote it.
  if (parsed === undefined) throw fail("did not print JSON", hint);
  const answer = fieldsOf(parsed);
  if (answer.kind !== "ExecCredential" || answer.apiVersion !== apiVersion) {
    throw fail(
      `answered with ${textIn(answer.kind) ?? "no kind"} of ` +
        (textIn(answer.apiVersion) ?? "no version"),
      hint,
    );
  }
  const status = fieldsOf(answer.status);
  const [token, cert, key, until] = ["token", "clientCertificateData", "clientKeyData"]
    .concat("expirationTimestamp").map((name) => textIn(status[name]));
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw fail("returned neither a token nor a certificate with its key", hint);
  }
  const expires = until === undefined ? Infinity : Date.parse(until);
  if (Number.isNaN(expires)) throw fail(`returned an expirationTimestamp that is not a date`, hint);
  return {
    expires,
    program,
    ...token !== undefined && { token },
    ...cert !== undefined && { cert },
    ...key !== undefined && { key },
  };
}
