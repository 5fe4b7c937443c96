/** Debian's docker-registry on a loopback port and a folder of its own. */
import { check } from "./run.ts";
import { accepts, type Daemon, freePort, makeRoot, startDaemon } from "./daemon.ts";
import { need } from "./tool.ts";

export interface RegistryOptions {
  /** The user and the password of basic authentication. */
  password?: { user: string; password: string };
  /** Tokens: where clients are sent for them, and the certificate that they are checked with. */
  token?: { realm: string; service: string; issuer: string; cert: string };
  /**
   * Serves HTTPS with these files; with `clientCa` only for clients with a certificate of that
   * authority.
   */
  tls?: { cert: string; key: string; clientCa?: string };
  port?: number;
}

export interface Registry extends Daemon {
  /** `127.0.0.1:PORT`, as image names begin. BuildKit takes this host as plain HTTP by itself. */
  readonly host: string;
  /** `http://127.0.0.1:PORT` or `https://…` */
  readonly url: string;
  /**
   * The section of buildkitd.toml for this registry: with TLS its CA file, and with `mirror` that
   * it serves the names of docker.io.
   */
  config(options?: { ca?: string; mirror?: boolean }): string;
}

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const program = await need("docker-registry");
  const root = await makeRoot("reg");
  const port = options.port ?? freePort();
  const host = `127.0.0.1:${port}`;
  const { tls, password, token } = options;
  if (password !== undefined) {
    await Deno.writeTextFile(
      `${root}/htpasswd`,
      `${password.user}:${await bcrypt(password.password)}\n`,
    );
  }
  const auth = password !== undefined
    ? { htpasswd: { realm: "fairlead tests", path: `${root}/htpasswd` } }
    : token !== undefined
    ? {
      token: {
        realm: token.realm,
        service: token.service,
        issuer: token.issuer,
        rootcertbundle: token.cert,
      },
    }
    : undefined;
  const config = {
    version: "0.1",
    log: { accesslog: { disabled: false }, level: "info" },
    storage: { filesystem: { rootdirectory: `${root}/data` }, delete: { enabled: true } },
    http: {
      addr: host,
      // Without it every start warns, and with several registries uploads may not resume.
      secret: crypto.randomUUID(),
      ...tls && {
        tls: {
          ...{ certificate: tls.cert, key: tls.key },
          ...tls.clientCa !== undefined && { clientcas: [tls.clientCa] },
        },
      },
    },
    ...(auth === undefined ? {} : { auth }),
  };
  // The configuration is YAML, of which JSON is a part.
  await Deno.writeTextFile(`${root}/config.yml`, JSON.stringify(config));
  const daemon = await startDaemon({
    name: "docker-registry",
    command: [program, "serve", `${root}/config.yml`],
    root,
    ready: () => accepts({ hostname: "127.0.0.1", port }),
  });
  return {
    ...daemon,
    host,
    url: `${tls === undefined ? "http" : "https"}://${host}`,
    config(settings = {}) {
      const lines = [`[registry."${host}"]`, `  http = ${tls === undefined}`];
      if (settings.ca !== undefined) lines.push(`  ca = [${JSON.stringify(settings.ca)}]`);
      if (settings.mirror) lines.push(`[registry."docker.io"]`, `  mirrors = ["${host}"]`);
      return `${lines.join("\n")}\n`;
    },
  };
}

/** The only kind that docker-registry takes; Debian's perl has it by libxcrypt. */
async function bcrypt(password: string): Promise<string> {
  const letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const salt = [...crypto.getRandomValues(new Uint8Array(21))].map((byte) => letters[byte % 64]);
  // The salt's 22nd letter carries 2 bits only: libxcrypt refuses most others.
  const setting = `$2y$05$${salt.join("")}.`;
  const { stdout } = await check(await need("perl"), [
    "-e",
    "print crypt($ARGV[0], $ARGV[1])",
    password,
    setting,
  ]);
  if (!stdout.startsWith(setting.slice(0, 7))) throw new Error("perl's crypt has no bcrypt here");
  return stdout;
}
