/**
 * Public-key authentication, in OpenSSH's order: the agent's keys, then the keys in files that the
 * agent doesn't hold. A key's certificates come before the key. A server counts each key that is
 * offered (`MaxAuthTries`).
 */
import { whyUnreadable } from "../../base/os_reason.ts";
import { maybe } from "../../base/maybe.ts";
import { sameBytes } from "../../base/bytes.ts";
import {
  isKeyType,
  loginAlgorithm,
  parseCertificate,
  type SshCertificate,
  userCertificateNote,
} from "./host_keys/certificate.ts";
import { agentIdentities, agentSign, socketAgent } from "./keys/agent.ts";
import { type KeyFile, publicHalf, readPrivateKey } from "./keys/private_key.ts";
import { isOnSecurityKey, keyType, publicKeyIn } from "./keys/public_key.ts";
import { loginKey, type Sign } from "./ssh2_internals.ts";
import type { Ssh2 } from "./ssh2.ts";
import type { SshTarget } from "./target.ts";
import type { Asking } from "../transport.ts";

/** A login in the form that `authHandler` passes to ssh2, which skips one whose signature fails. */
type NextAuth = Record<string, unknown>;

/** The logins that are tried in turn, and their results. */
export interface SshAuth {
  /**
   * Returns the next login to try; false when none is left.
   * @param answer the server's answer to the last login
   */
  next(answer?: Answer): Promise<NextAuth | false>;
  /** The server's last answer. */
  answer(): Answer | undefined;
  /** The logins that were tried, and those that could not be, for errors. */
  readonly tried: readonly string[];
  /** The reason why no expected key could be tried, with the remedy. */
  problem(): { readonly text: string; readonly hint: string } | undefined;
}

/** A server's answer to a login that did not complete the authentication. */
interface Answer {
  /** The methods that the server would continue with (RFC 4252 §5.1): `publickey`, `password`, … */
  readonly methods: readonly string[];
  /** True when a login succeeded, but the server requires a further one. */
  readonly partial: boolean;
}

/**
 * Asks for a key's passphrase; returns undefined where nobody can be asked.
 * @param again the last passphrase was wrong
 */
type AskPassphrase = (file: string, again: boolean) => Promise<string | undefined>;

const ATTEMPTS = 3;

interface AuthOptions {
  readonly ask: AskPassphrase;
  /** Runs every step that waits for a person. */
  readonly asking: Asking;
  /** Receives a description of the current step; empty when the step is over. */
  readonly doing?: (what: string) => void;
  /** Ends requests to an agent. */
  readonly signal: AbortSignal;
}

export function sshAuth(
  ssh2: Ssh2,
  target: SshTarget,
  { ask, asking, doing = () => {}, signal }: AuthOptions,
): SshAuth {
  const { user: username } = target;
  const tried: string[] = [];
  const offered: Uint8Array[] = [];
  let problem: ReturnType<SshAuth["problem"]>;
  const files = certificateFiles(target);

  const note = (text: string, hint: string, file?: string) => {
    const before = tried.indexOf(`the key ${file}`);
    if (before >= 0) tried.splice(before, 1);
    tried.push(text);
    problem ??= { text, hint };
  };

  const isOffered = (blob: Uint8Array) => offered.some((one) => sameBytes(one, blob));

  /** Logins by a key's certificates in files that were not offered before. */
  function withCertificates(key: Uint8Array, sign: Sign): NextAuth[] {
    return files.filter(({ certificate, blob }) =>
      sameBytes(certificate.key, key) && !isOffered(blob)
    ).map((file) => byCertificate(file, sign, `the certificate ${file.path}`));
  }

  function byCertificate(
    { blob, certificate }: Omit<UserCertificate, "path">,
    sign: Sign,
    shown: string,
  ): NextAuth {
    offered.push(blob);
    tried.push(shown + userCertificateNote(certificate, username, Date.now()));
    return loginBy(blob, loginAlgorithm(certificate), sign);
  }

  function loginBy(blob: Uint8Array, algorithm: string, sign: Sign): NextAuth {
    return { type: "publickey", username, key: loginKey(ssh2, { blob, algorithm, sign }) };
  }

  /** A login by the key itself. */
  function byKey(blob: Uint8Array, sign: Sign): NextAuth {
    offered.push(blob);
    return loginBy(blob, keyType(blob), sign);
  }

  async function fromAgent(): Promise<NextAuth[]> {
    const path = target.agent;
    if (path === undefined) return [];
    const signer = (blob: Uint8Array): Sign => async (data, hash) => {
      using agent = socketAgent(path, signal);
      return await agentSign(agent, blob, data, hash);
    };
    // A forwarded agent may never answer.
    doing(`asking the agent at ${path}`);
    let identities: Uint8Array[];
    try {
      using agent = socketAgent(path, signal);
      identities = await agentIdentities(agent);
    } catch {
      tried.push(`the agent at ${path} doesn't answer`);
      return [];
    } finally {
      doing("");
    }
    const wanted = target.identitiesOnly
      ? (await Promise.all(target.identities.map(publicKeyOf))).filter((key) => key !== undefined)
      : undefined;
    const isWanted = (key: Uint8Array) =>
      wanted === undefined || wanted.some((one) => sameBytes(one, key));
    const logins = identities.flatMap((blob) => {
      const certificate = parseCertificate(blob);
      if (certificate !== undefined && isWanted(certificate.key)) {
        const shown = `the agent's certificate ${JSON.stringify(certificate.id)}`;
        return [byCertificate({ blob, certificate }, signer(blob), shown)];
      }
      if (!isOnSecurityKey(blob) || !isWanted(blob)) return [];
      tried.push("the agent's key in a security key");
      // A person must touch the security key.
      return [byKey(blob, (data, hash) => asking(() => signer(blob)(data, hash)))];
    });
    const keys = identities.filter((blob) => isKeyType(keyType(blob)) && isWanted(blob));
    logins.push(...keys.flatMap((blob) => withCertificates(blob, signer(blob))));
    if (keys.length > 0) {
      tried.push(`${keys.length} of the agent's keys`);
      logins.push(...keys.map((blob) => byKey(blob, signer(blob))));
    } else if (!target.identitiesOnly && logins.length === 0) tried.push("the agent has no keys");
    return logins;
  }

  async function fromFile(file: string): Promise<NextAuth[]> {
    let text: string;
    try {
      text = await Deno.readTextFile(file);
    } catch (error) {
      if (target.named || !(error instanceof Deno.errors.NotFound)) {
        const problem = `the key ${file} can't be read: ${whyUnreadable(error)}`;
        note(problem, "check the path of the key");
      }
      return [];
    }
    const { mode, uid } = await Deno.stat(file);
    // As in OpenSSH, a file that others could read is refused: they may have the key.
    const isOpen = uid !== null && uid === Deno.uid() && ((mode ?? 0) & 0o077) !== 0;
    if (isOpen && text.includes("PRIVATE KEY-----")) {
      const shown = (mode! & 0o777).toString(8);
      note(
        `the key ${file} is not used, because other users can read it (mode ${shown})`,
        `chmod 600 ${file}`,
      );
      return [];
    }
    const known = await publicKeyOf(file);
    let found = await readPrivateKey(text);
    if ("locked" in found) {
      if (known !== undefined) return isOffered(known) ? [] : whenWanted(file, text, known);
      found = await unlock(file, text);
    }
    if ("locked" in found) return [];
    if ("problem" in found) {
      const { problem } = found;
      const hint = known !== undefined && isOnSecurityKey(known)
        ? `put it into the agent, which asks the security key: ssh-add ${file}`
        : text.startsWith("PuTTY-")
        ? `bring it into OpenSSH's format: puttygen ${file} -O private-openssh -o NEW`
        : "name the file of a private key";
      if (known === undefined || !isOffered(known)) {
        note(`the key ${file} can't be used: ${problem}`, hint);
      }
      return [];
    }
    const { blob, sign } = found.key;
    const logins = withCertificates(blob, sign);
    if (isOffered(blob)) return logins;
    tried.push(`the key ${file}`);
    return [...logins, byKey(blob, sign)];
  }

  /** Logins by a key that is decrypted only after the server has accepted its public half. */
  function whenWanted(file: string, text: string, blob: Uint8Array): NextAuth[] {
    let unlocked: Promise<KeyFile> | undefined;
    const sign: Sign = async (data, hash) => {
      const found = await (unlocked ??= unlock(file, text));
      if (!("key" in found)) throw new Error(`${file} stays locked`);
      return await found.key.sign(data, hash);
    };
    const logins = withCertificates(blob, sign);
    tried.push(`the key ${file}`);
    return [...logins, byKey(blob, sign)];
  }

  /** As OpenSSH does, asks three times; an empty passphrase skips to the next key. */
  async function unlock(file: string, text: string): Promise<KeyFile> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const passphrase = await ask(file, attempt > 1);
      if (passphrase === undefined) {
        note(
          `the key ${file} is encrypted, and there is no terminal to ask for its passphrase`,
          `put it into the agent: ssh-add ${file}`,
          file,
        );
        return { locked: true };
      }
      if (passphrase === "") break;
      const found = await readPrivateKey(text, passphrase);
      if (!("locked" in found)) return found;
    }
    note(
      `the key ${file} stayed locked: no passphrase opened it`,
      "try again, or use ssh-add",
      file,
    );
    return { locked: true };
  }

  const ways = [fromAgent, ...target.identities.map((file) => () => fromFile(file))];
  const ready: NextAuth[] = [];
  // Some servers accept a login without a key. Other servers answer with their methods.
  const last: NextAuth[] = [{ type: "none", username }];
  let answer: Answer | undefined;
  return {
    tried,
    problem: () => problem,
    answer: () => answer,
    async next(given) {
      answer = given && { ...given, partial: given.partial || answer?.partial === true };
      if (answer !== undefined && !answer.methods.includes("publickey")) return false;
      while (ready.length === 0 && ways.length > 0) ready.push(...await ways.shift()!());
      return ready.shift() ?? last.pop() ?? false;
    },
  };
}

/** A user's certificate in a file. */
interface UserCertificate {
  readonly path: string;
  readonly blob: Uint8Array;
  readonly certificate: SshCertificate;
}

/** Reads the named certificates, and those next to the keys, as OpenSSH does. */
function certificateFiles({ certificates, identities }: SshTarget): UserCertificate[] {
  const paths = [...certificates, ...identities.map((file) => `${file}-cert.pub`)];
  return [...new Set(paths)].flatMap((path) =>
    maybe(() => {
      const blob = Uint8Array.fromBase64(Deno.readTextFileSync(path).trim().split(/\s+/)[1] ?? "");
      const certificate = parseCertificate(blob);
      return certificate === undefined ? [] : [{ path, blob, certificate }];
    }) ?? []
  );
}

/**
 * Reads the public half of a key from `FILE.pub`, else from the key's file where that isn't
 * encrypted.
 */
async function publicKeyOf(file: string): Promise<Uint8Array | undefined> {
  const [beside, inside] = await Promise.all(
    [`${file}.pub`, file].map((path) => Deno.readTextFile(path).catch(() => "")),
  );
  return publicKeyIn(beside!) ?? publicKeyIn(inside!) ?? await publicHalf(inside!);
}
