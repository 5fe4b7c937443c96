/**
 * Servers for build caches: S3 and GitHub's cache service of version 1
 * (`tests/daemons/cache-servers`), and Azure's blobs (Azurite, Microsoft's own emulator).
 */
import { accepts, type Daemon, freePort, makeRoot, startDaemon } from "./daemon.ts";
import { need } from "./tool.ts";

/** The keys that a caller must have: all other calls are refused. */
export interface CacheKeys {
  readonly id: string;
  readonly secret: string;
  readonly session: string;
  /** The token of GitHub's service. */
  readonly token: string;
}

export interface CacheServers extends Daemon {
  readonly bucket: string;
  /** `http://127.0.0.1:PORT` */
  readonly s3: string;
  /** As `ACTIONS_CACHE_URL` has it. */
  readonly actions: string;
}

export async function startCacheServers(keys: CacheKeys): Promise<CacheServers> {
  const program = await need("cache-servers");
  const root = await makeRoot("caches");
  const bucket = "builds";
  const [s3, actions] = [freePort(), freePort()];
  const daemon = await startDaemon({
    name: "cache-servers",
    command: [
      program,
      ...["-s3", `127.0.0.1:${s3}`, "-bucket", bucket],
      ...["-key", keys.id, "-secret", keys.secret, "-session", keys.session],
      ...["-actions", `127.0.0.1:${actions}`, "-token", keys.token, "-folder", `${root}/actions`],
    ],
    root,
    ready: async () =>
      await accepts({ hostname: "127.0.0.1", port: s3 }) &&
      await accepts({ hostname: "127.0.0.1", port: actions }),
  });
  return {
    ...daemon,
    bucket,
    s3: `http://127.0.0.1:${s3}`,
    actions: `http://127.0.0.1:${actions}/cache/`,
  };
}

/**
 * A token as GitHub's runners have them, for a branch that may be read and written. The daemon
 * reads what it says and checks no signature; the service compares the whole.
 */
export function actionsToken(): string {
  const part = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const now = Math.floor(Date.now() / 1000);
  const ac = JSON.stringify([{ Scope: "refs/heads/main", Permission: 3 }]);
  return `${part({ alg: "HS256", typ: "JWT" })}.${part({ ac, nbf: now - 60, exp: now + 86_400 })}.${
    part("no signature")
  }`;
}

export interface Azurite extends Daemon {
  readonly account: string;
  /** The key in base64. */
  readonly key: string;
  /** `http://127.0.0.1:PORT/ACCOUNT` */
  readonly url: string;
}

export async function startAzurite(): Promise<Azurite> {
  const program = await need("azurite-blob");
  const root = await makeRoot("azurite");
  const port = freePort();
  const account = "fairlead";
  const key = crypto.getRandomValues(new Uint8Array(64)).toBase64();
  const daemon = await startDaemon({
    name: "azurite",
    command: [
      program,
      ...["--blobHost", "127.0.0.1", "--blobPort", String(port)],
      // The daemon's client announces a newer version than Azurite knows, but makes only older
      // calls.
      ...["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"],
    ],
    root,
    env: { AZURITE_ACCOUNTS: `${account}:${key}` },
    ready: () => accepts({ hostname: "127.0.0.1", port }),
  });
  return { ...daemon, account, key, url: `http://127.0.0.1:${port}/${account}` };
}
