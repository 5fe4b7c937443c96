/**
 * Public-key authentication, in OpenSSH's order: the agent's keys, then those of files that the
 * agent doesn't hold, and before each key its certificates. A server counts each that is offered
 * (`MaxAuthTries`).
 */
import { agentIdentities } from "./agent.ts";
import {
  loginAlgorithm,
  parseCertificate,
  type SshCertificate,
  userCertificateNote,
} from "./certificate.ts";
import { keyType } from "./known_hosts.ts";
import { isOnSecurityKey, type KeyFile, publicKeyOf, readKey } from "./private_key.ts";
import type { Ssh2, SshAgent, SshKey } from "./ssh2.ts";
import { type Login, loginBy, signWithAgent, signWithKey } from "./signed_login.ts";
import type { SshTarget } from "./target.ts";
import type { Asking } from "../transport.ts";

/** A way in, as ssh2 takes it. */
export type NextAuth = Record<string, unknown>;

/** The ways in, one after the other, and what became of them. */
export interface SshAuth {
  /**
   * What is tried next; false when there is nothing more.
   * @param answer the server's to what was tried before
   */
  next(answer?: Answer): Promise<NextAuth | false>;
  /** The server's last answer. */
  answer(): Answer | undefined;
  /** What was tried, in words, and what could not be. */
  readonly tried: readonly string[];
  /** Why no key could be tried that should have been; the remedy is part of it. */
  problem(): { readonly text: string; readonly hint: string } | undefined;
}

/** That the server wants more. */
export interface Answer {
  /** The methods that it would go on with (RFC 4252 §5.1): `publickey`, `password`, … */
  readonly methods: readonly string[];
  /** Something that was tried was right, and isn't enough. */
  readonly partial: boolean;
}

/**
 * Asks for a key's passphrase; undefined where nobody can be asked.
 * @param again the one before was wrong
 */
export type AskPassphrase = (file: string, again: boolean) => Promise<string | undefined>;

const ATTEMPTS = 3;

/**
 * @param asking through which what waits for somebody is done
 * @param doing hears what is under way
 */
export function sshAuth(
  ssh2: Ssh2,
  target: SshTarget,
  ask: AskPassphrase,
  asking: Asking,
  doing: (what: string) => void = () => {},
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

  /** Logins by certificates of a key, those of files that weren't offered before. */
  function withCertificates(key: Uint8Array, signer: (file: UserCertificate) => Login["sign"]) {
    return files.filter(({ certificate, blob }) =>
      same(certificate.key, key) && !offered.some((one) => same(one, blob))
    ).map((file) => byCertificate(file, signer(file), `the certificate ${file.path}`));
  }

  function byCertificate(
    { blob, certificate }: Omit<UserCertificate, "path">,
    sign: Login["sign"],
    shown: string,
  ): NextAuth {
    offered.push(blob);
    tried.push(shown + userCertificateNote(certificate, username, Date.now()));
    return loginBy(ssh2, username, { blob, algorithm: loginAlgorithm(certificate).name, sign });
  }

  async function fromAgent(): Promise<NextAuth[]> {
    const path = target.agent;
    if (path === undefined) return [];
    const signer = (blob: Uint8Array, type: string) => signWithAgent(path, blob, type);
    const inner = ssh2.createAgent(path);
    // One that is forwarded may be stuck.
    doing(`asking the agent at ${path}`);
    const keys = await identitiesOf(inner);
    if (keys instanceof Error) {
      tried.push(`the agent at ${path} doesn't answer`);
      return [];
    }
    const wanted = target.identitiesOnly
      ? target.identities.flatMap((file) => publicKeyOf(ssh2, file) ?? [])
      : undefined;
    const isWanted = (key: Uint8Array) =>
      wanted === undefined || wanted.some((one) => same(one, key));
    const identities = await agentIdentities(path).catch(() => []);
    doing("");
    const logins = identities.flatMap((blob) => {
      const certificate = parseCertificate(blob);
      if (certificate !== undefined && isWanted(certificate.key)) {
        const shown = `the agent's certificate ${JSON.stringify(certificate.id)}`;
        return [byCertificate({ blob, certificate }, signer(blob, certificate.type), shown)];
      }
      if (!isOnSecurityKey(blob) || !isWanted(blob)) return [];
      offered.push(blob);
      tried.push("the agent's key in a security key");
      const sign = signer(blob, keyType(blob));
      // Somebody has to touch it.
      return [loginBy(ssh2, username, {
        blob,
        algorithm: keyType(blob),
        sign: (data) => asking(() => sign(data)),
      })];
    });
    const usable = keys.filter((key) => isWanted(key.getPublicSSH()));
    const loaned = usable.flatMap((key) =>
      withCertificates(
        key.getPublicSSH(),
        ({ certificate }) => signer(certificate.key, certificate.type),
      )
    );
    offered.push(...usable.map((key) => key.getPublicSSH()));
    if (usable.length === 0) {
      if (!target.identitiesOnly && logins.length === 0) tried.push("the agent has no keys");
      return logins;
    }
    tried.push(`${usable.length} of the agent's keys`);
    const agent: SshAgent = Object.create(inner);
    agent.getIdentities = (done) => done(null, usable);
    return [...logins, ...loaned, { type: "agent", username, agent }];
  }

  async function fromFile(file: string): Promise<NextAuth[]> {
    let text: string;
    try {
      text = await Deno.readTextFile(file);
    } catch (error) {
      if (target.named || !(error instanceof Deno.errors.NotFound)) {
        const why = error instanceof Deno.errors.NotFound
          ? "there is no such file"
          : error instanceof Deno.errors.IsADirectory
          ? "it is a folder"
          : (error as Error).message;
        note(`the key ${file} can't be read: ${why}`, "check the path of the key");
      }
      return [];
    }
    const { mode, uid } = await Deno.stat(file);
    // As in OpenSSH: what others could read may be theirs by now.
    const isOpen = uid !== null && uid === Deno.uid() && ((mode ?? 0) & 0o077) !== 0;
    if (isOpen && text.includes("PRIVATE KEY-----")) {
      const shown = (mode! & 0o777).toString(8);
      note(
        `the key ${file} is not used, since others may read it (mode ${shown})`,
        `chmod 600 ${file}`,
      );
      return [];
    }
    const known = publicKeyOf(ssh2, file);
    let found = await readKey(ssh2, text);
    if ("locked" in found) {
      if (known !== undefined) {
        return offered.some((one) => same(one, known)) ? [] : whenWanted(file, text, known);
      }
      found = await unlock(file, text);
    }
    if ("locked" in found) return [];
    if ("problem" in found) {
      const { problem } = found;
      const hint = isOnSecurityKey(known)
        ? `put it into the agent, which asks the security key: ssh-add ${file}`
        : text.startsWith("PuTTY-")
        ? `bring it into OpenSSH's format: puttygen ${file} -O private-openssh -o NEW`
        : "name the file of a private key";
      if (!offered.some((one) => known !== undefined && same(one, known))) {
        note(`the key ${file} can't be used: ${problem}`, hint);
      }
      return [];
    }
    const { key } = found;
    const mine = key.getPublicSSH();
    const logins = withCertificates(mine, ({ certificate }) => signWithKey(key, certificate));
    if (offered.some((one) => same(one, mine))) return logins;
    offered.push(mine);
    tried.push(`the key ${file}`);
    return [...logins, { type: "publickey", username, key }];
  }

  /** Logins by a key that is unlocked when the server has said that it would take it. */
  function whenWanted(file: string, text: string, key: Uint8Array): NextAuth[] {
    let unlocked: Promise<KeyFile> | undefined;
    const signer = (of: Pick<SshCertificate, "type">): Login["sign"] => async (data) => {
      const found = await (unlocked ??= unlock(file, text));
      if (!("key" in found)) throw new Error(`${file} stays locked`);
      return signWithKey(found.key, of)(data);
    };
    const logins = withCertificates(key, ({ certificate }) => signer(certificate));
    offered.push(key);
    tried.push(`the key ${file}`);
    const type = keyType(key);
    const { signature: algorithm } = loginAlgorithm({ type });
    return [...logins, loginBy(ssh2, username, { blob: key, algorithm, sign: signer({ type }) })];
  }

  /** As OpenSSH does: three times, and nothing typed is the next key. */
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
      const found = await readKey(ssh2, text, passphrase);
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
  // Without a key: there are servers that know who comes. If not, they say what they want.
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

/** A certificate in a file. */
interface UserCertificate {
  readonly path: string;
  readonly blob: Uint8Array;
  readonly certificate: SshCertificate;
}

/** Those that are named, and those that lie beside the keys, as OpenSSH finds them. */
function certificateFiles({ certificates, identities }: SshTarget): UserCertificate[] {
  const paths = [...certificates, ...identities.map((file) => `${file}-cert.pub`)];
  return [...new Set(paths)].flatMap((path) => {
    try {
      const blob = Uint8Array.fromBase64(Deno.readTextFileSync(path).trim().split(/\s+/)[1] ?? "");
      const certificate = parseCertificate(blob);
      return certificate === undefined ? [] : [{ path, blob, certificate }];
    } catch {
      return [];
    }
  });
}

function identitiesOf(agent: SshAgent): Promise<SshKey[] | Error> {
  return new Promise((resolve) =>
    agent.getIdentities((error, keys) => resolve(error ?? keys ?? []))
  );
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
