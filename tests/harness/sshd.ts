/** A real OpenSSH server on loopback, with keys of its own. */
import { accepts, type Daemon, freePort, makeRoot, startDaemon } from "./daemon.ts";
import { check } from "./run.ts";
import { need } from "./tool.ts";

export interface SshdOptions {
  /** More lines of sshd_config. */
  config?: readonly string[];
  /** PATH of the programs it starts. */
  path?: string;
  /** `yes` where it asks for passwords; default: `no`. */
  password?: string;
  /** Private keys of the host; default: one of each type. */
  hostKeys?: readonly string[];
}

export interface Sshd extends Daemon {
  readonly port: number;
  /** The user that logs in: the one that runs the tests. */
  readonly user: string;
  /** A private key that it lets in. */
  readonly key: string;
  /** A file that knows the host by all its keys. */
  readonly knownHosts: string;
  /** The hosts' public keys, `TYPE BASE64` each. */
  readonly hostKeys: readonly string[];
  /** The keys that may log in, one public key a line. */
  readonly authorizedKeys: string;
}

/**
 * Makes a pair of keys: `PATH` and `PATH.pub`.
 * @param kind `ed25519`, `rsa`, `ecdsa`, or with bits: `ecdsa 521`
 */
export async function makeKey(path: string, kind = "ed25519", passphrase = ""): Promise<string> {
  const [type = "", bits = type === "rsa" ? "2048" : undefined] = kind.split(" ");
  const options = ["-q", "-t", type, "-N", passphrase, "-C", `test-${type}`, "-f", path];
  await check("ssh-keygen", bits === undefined ? options : [...options, "-b", bits]);
  return path;
}

/** Ready when it returns, after some 0.3 s. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const program = await need("sshd");
  const root = await makeRoot("ssh");
  await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const port = freePort();
  const hostKeys = options.hostKeys ??
    await Promise.all(
      ["ed25519", "ecdsa", "rsa"].map((type) => makeKey(`${root}/host_${type}`, type)),
    );
  const key = await makeKey(`${root}/key`);
  const authorizedKeys = `${root}/authorized_keys`;
  await Deno.copyFile(`${key}.pub`, authorizedKeys);
  const publicKeys = await Promise.all(hostKeys.map(async (file) => {
    return (await Deno.readTextFile(`${file}.pub`)).split(" ").slice(0, 2).join(" ");
  }));
  const knownHosts = `${root}/known_hosts`;
  const lines = publicKeys.map((line) => `[127.0.0.1]:${port} ${line}\n`);
  await Deno.writeTextFile(knownHosts, lines.join(""));
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    ...hostKeys.map((file) => `HostKey ${file}`),
    `PidFile ${root}/pid`,
    `AuthorizedKeysFile ${authorizedKeys}`,
    "UsePAM no",
    "StrictModes no",
    `PasswordAuthentication ${options.password ?? "no"}`,
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    `SetEnv PATH=${options.path ?? Deno.env.get("PATH")}`,
    ...options.config ?? [],
  ];
  await Deno.writeTextFile(`${root}/sshd_config`, `${config.join("\n")}\n`);
  const daemon = await startDaemon({
    name: "sshd",
    command: [program, "-D", "-f", `${root}/sshd_config`, "-E", `${root}/sshd.log`],
    root,
    ready: () => accepts({ hostname: "127.0.0.1", port }),
  });
  const user = (await check("id", ["-un"])).stdout.trim();
  return { ...daemon, port, user, key, knownHosts, hostKeys: publicKeys, authorizedKeys };
}
