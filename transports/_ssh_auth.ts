/**
 * Public-key authentication, in OpenSSH's order: the agent's keys, then those of files that the
 * agent doesn't hold. A server counts each key that is offered (`MaxAuthTries`).
 */
import { wholeKey } from "./_ssh_ecdsa.ts";
import type { Ssh2, SshAgent, SshKey } from "./_ssh2.ts";
import type { SshTarget } from "./_ssh_target.ts";

/** What is tried next, as ssh2 takes it; false when there is nothing more. */
export type NextAuth = Record<string, unknown> | false;

/** The ways in, one after the other, and what became of them. */
export interface SshAuth {
  next(): Promise<NextAuth>;
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

  const note = (text: string, hint: string) => {
    tried.push(text);
    problem ??= { text, hint };
  };

  async function fromAgent(): Promise<NextAuth | undefined> {
    if (target.agent === undefined) return undefined;
    const inner = ssh2.createAgent(target.agent);
    const keys = await identitiesOf(inner);
    if (keys instanceof Error) {
      tried.push(`the agent at ${target.agent} doesn't answer`);
      return undefined;
    }
    const wanted = target.identitiesOnly ? publicKeysOf(ssh2, target.identities) : undefined;
    const usable = keys.filter((key) =>
      wanted === undefined || wanted.some((one) => same(one, key.getPublicSSH()))
    );
    offered.push(...usable.map((key) => key.getPublicSSH()));
    if (usable.length === 0) {
      if (!target.identitiesOnly) tried.push("the agent has no keys");
      return undefined;
    }
    tried.push(`${usable.length} of the agent's keys`);
    const agent: SshAgent = Object.create(inner);
    agent.getIdentities = (done) => done(null, usable);
    return { type: "agent", username, agent };
  }

  async function fromFile(file: string): Promise<NextAuth | undefined> {
    let text: string;
    try {
      text = await Deno.readTextFile(file);
    } catch (error) {
      if (target.named || !(error instanceof Deno.errors.NotFound)) {
        const why = error instanceof Deno.errors.NotFound ? "there is no such file" : `${error}`;
        note(`the key ${file} can't be read: ${why}`, "check the path of the key");
      }
      return undefined;
    }
    let key = first(ssh2.utils.parseKey(text));
    if (key instanceof Error && /no passphrase given/.test(key.message)) {
      const held = publicKeysOf(ssh2, [file])[0];
      if (held !== undefined && offered.some((one) => same(one, held))) return undefined;
      const passphrase = await ask(file);
      if (passphrase === undefined) {
        note(
          `the key ${file} is encrypted, and there is no terminal to ask for its passphrase`,
          `put it into the agent: ssh-add ${file}`,
        );
        return undefined;
      }
      key = first(ssh2.utils.parseKey(text, passphrase));
      if (key instanceof Error) {
        note(`the passphrase of the key ${file} is wrong`, "try again");
        return undefined;
      }
    }
    if (key instanceof Error || !key.isPrivateKey()) {
      const why = key instanceof Error ? key.message : "it is a public key";
      note(`the key ${file} can't be used: ${why}`, "name the file of a private key");
      return undefined;
    }
    const mine = key.getPublicSSH();
    if (offered.some((one) => same(one, mine))) return undefined;
    offered.push(mine);
    tried.push(`the key ${file}`);
    return { type: "publickey", username, key: wholeKey(ssh2, key) };
  }

  const ways = [fromAgent, ...target.identities.map((file) => () => fromFile(file))];
  return {
    tried,
    problem: () => problem,
    async next() {
      for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
        const auth = await way();
        if (auth !== undefined) return auth;
      }
      return false;
    },
  };
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
