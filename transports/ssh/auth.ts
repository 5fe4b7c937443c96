/**
 * Public-key authentication, in OpenSSH's order: the agent's keys, then those of files that the
 * agent doesn't hold, and before each key its certificates. A server counts each that is offered
 * (`MaxAuthTries`).
 */
import { agentIdentities } from "./agent.ts";
import { parseCertificate, type SshCertificate, userCertificateNote } from "./certificate.ts";
import { wholeKey } from "./ecdsa.ts";
import type { Ssh2, SshAgent, SshKey } from "./ssh2.ts";
import { type Login, loginBy, signWithAgent, signWithKey } from "./user_certificate.ts";
import type { SshTarget } from "./target.ts";

/** A way in, as ssh2 takes it. */
export type NextAuth = Record<string, unknown>;

/** The ways in, one after the other, and what became of them. */
export interface SshAuth {
  /** What is tried next; false when there is nothing more. */
  next(): Promise<NextAuth | false>;
  /** What was tried, in words, and what could not be. */
  readonly tried: readonly string[];
  /** Why no key could be tried that should have been; the remedy is part of it. */
  problem(): { readonly text: string; readonly hint: string } | undefined;
}

/** Asks for a key's passphrase; undefined where nobody can be asked. */
export type AskPassphrase = (file: string) => Promise<string | undefined>;

export function sshAuth(ssh2: Ssh2, target: SshTarget, ask: AskPassphrase): SshAuth {
  const { user: username } = target;
  const tried: string[] = [];
  const offered: Uint8Array[] = [];
  let problem: ReturnType<SshAuth["problem"]>;
  const files = certificateFiles(target);

  const note = (text: string, hint: string) => {
    tried.push(text);
    problem ??= { text, hint };
  };

  /** Logins by certificates of a key, those of files that weren't offered before. */
  function withCertificates(key: Uint8Array, signer: (file: UserCertificate) => Login["sign"]) {
    return files.filter(({ certificate, blob }) =>
      same(certificate.key, key) && !offered.some((one) => same(one, blob))
    ).flatMap((file) =>
      byCertificate({ ...file, sign: signer(file) }, `the certificate ${file.path}`)
    );
  }

  function byCertificate(login: Login, shown: string): NextAuth[] {
    const auth = loginBy(ssh2, username, login);
    if (auth === undefined) return [];
    offered.push(login.blob);
    tried.push(shown + userCertificateNote(login.certificate, username, Date.now()));
    return [auth];
  }

  async function fromAgent(): Promise<NextAuth[]> {
    const path = target.agent;
    if (path === undefined) return [];
    const inner = ssh2.createAgent(path);
    const keys = await identitiesOf(inner);
    if (keys instanceof Error) {
      tried.push(`the agent at ${path} doesn't answer`);
      return [];
    }
    const wanted = target.identitiesOnly ? publicKeysOf(ssh2, target.identities) : undefined;
    const isWanted = (key: Uint8Array) =>
      wanted === undefined || wanted.some((one) => same(one, key));
    const held = (await agentIdentities(path).catch(() => [])).flatMap((blob) => {
      const certificate = parseCertificate(blob);
      return certificate !== undefined && isWanted(certificate.key) ? [{ blob, certificate }] : [];
    });
    const logins = held.flatMap(({ blob, certificate }) =>
      byCertificate(
        { blob, certificate, sign: signWithAgent(path, blob, certificate) },
        `the agent's certificate ${JSON.stringify(certificate.id)}`,
      )
    );
    const usable = keys.filter((key) => isWanted(key.getPublicSSH()));
    const loaned = usable.flatMap((key) =>
      withCertificates(
        key.getPublicSSH(),
        ({ certificate }) => signWithAgent(path, certificate.key, certificate),
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
        const why = error instanceof Deno.errors.NotFound ? "there is no such file" : `${error}`;
        note(`the key ${file} can't be read: ${why}`, "check the path of the key");
      }
      return [];
    }
    let key = first(ssh2.utils.parseKey(text));
    if (key instanceof Error && /no passphrase given/.test(key.message)) {
      const held = publicKeysOf(ssh2, [file])[0];
      if (held !== undefined && offered.some((one) => same(one, held))) return [];
      const passphrase = await ask(file);
      if (passphrase === undefined) {
        note(
          `the key ${file} is encrypted, and there is no terminal to ask for its passphrase`,
          `put it into the agent: ssh-add ${file}`,
        );
        return [];
      }
      key = first(ssh2.utils.parseKey(text, passphrase));
      if (key instanceof Error) {
        note(`the passphrase of the key ${file} is wrong`, "try again");
        return [];
      }
    }
    if (key instanceof Error || !key.isPrivateKey()) {
      const why = key instanceof Error ? key.message : "it is a public key";
      note(`the key ${file} can't be used: ${why}`, "name the file of a private key");
      return [];
    }
    const whole = wholeKey(ssh2, key);
    const mine = key.getPublicSSH();
    const logins = withCertificates(mine, ({ certificate }) => signWithKey(whole, certificate));
    if (offered.some((one) => same(one, mine))) return logins;
    offered.push(mine);
    tried.push(`the key ${file}`);
    return [...logins, { type: "publickey", username, key: whole }];
  }

  const ways = [fromAgent, ...target.identities.map((file) => () => fromFile(file))];
  const ready: NextAuth[] = [];
  return {
    tried,
    problem: () => problem,
    async next() {
      while (ready.length === 0 && ways.length > 0) ready.push(...await ways.shift()!());
      return ready.shift() ?? false;
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

/** Asks on the terminal that controls this process, where there is one. */
export async function askOnTerminal(file: string): Promise<string | undefined> {
  if (Deno.build.os === "windows") return undefined;
  let terminal: Deno.FsFile;
  try {
    terminal = await Deno.open("/dev/tty", { read: true, write: true });
  } catch {
    return undefined;
  }
  using tty = terminal;
  await tty.write(new TextEncoder().encode(`Enter passphrase for key '${file}': `));
  // Neither echoed nor taken as more than a line.
  tty.setRaw(true, { cbreak: true });
  try {
    const byte = new Uint8Array(1);
    const bytes: number[] = [];
    while (await tty.read(byte) === 1 && byte[0] !== 10 && byte[0] !== 13) {
      if (byte[0] === 127) bytes.pop();
      else bytes.push(byte[0]!);
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  } finally {
    tty.setRaw(false);
    await tty.write(new TextEncoder().encode("\n"));
  }
}

function identitiesOf(agent: SshAgent): Promise<SshKey[] | Error> {
  return new Promise((resolve) =>
    agent.getIdentities((error, keys) => resolve(error ?? keys ?? []))
  );
}

/** The public halves: of `FILE.pub`, else of the file itself where that is not encrypted. */
function publicKeysOf(ssh2: Ssh2, files: readonly string[]): Uint8Array[] {
  return files.flatMap((file) => {
    for (const path of [`${file}.pub`, file]) {
      try {
        const key = first(ssh2.utils.parseKey(Deno.readTextFileSync(path)));
        if (!(key instanceof Error)) return [key.getPublicSSH()];
      } catch {
        // The other one may do.
      }
    }
    return [];
  });
}

function first(key: SshKey | SshKey[] | Error): SshKey | Error {
  return Array.isArray(key) ? key[0] ?? new Error("it holds no key") : key;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
