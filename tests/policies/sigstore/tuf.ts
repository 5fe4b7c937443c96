/** A TUF repository (https://theupdateframework.github.io/specification/v1.0.34/). */
import { makeKeys } from "../../../commands/certs/keys.ts";
import { type Keys, sha256 } from "./keys.ts";

const ROLES = ["root", "timestamp", "snapshot", "targets"] as const;
type Role = typeof ROLES[number];
const HOUR = 3600_000;

export interface RepositoryOptions {
  readonly keys: Readonly<Record<Role, Keys>>;
  readonly trustedRoot: string;
  readonly rootVersion?: number;
  readonly version?: number;
  /** When a role expires, in hours from now; by default 100. */
  readonly hours?: Readonly<Partial<Record<Role, number>>>;
  /** Keys that sign a role instead of those that the root names. */
  readonly forgers?: Readonly<Partial<Record<Role, Keys>>>;
  /** The root's keys before a rotation: the new root is signed by both. */
  readonly oldKeys?: Keys;
}

export async function repositoryKeys(): Promise<Record<Role, Keys>> {
  const all = await Promise.all(
    ROLES.map(async (role) => [role, await makeKeys("ed25519")] as const),
  );
  return Object.fromEntries(all) as Record<Role, Keys>;
}

/** The files of a repository, by their names below its URL. */
export async function repository(options: RepositoryOptions): Promise<Map<string, Uint8Array>> {
  const { keys, rootVersion = 1, version = 1, forgers = {} } = options;
  const files = new Map<string, Uint8Array>();
  const expires = (role: Role) =>
    new Date(Date.now() + (options.hours?.[role] ?? 100) * HOUR).toISOString().slice(0, 19) + "Z";
  const signed = async (role: Role, fields: object, by: readonly Keys[]) => {
    const body = {
      _type: role,
      spec_version: "1.0.31",
      version: role === "root" ? rootVersion : version,
      expires: expires(role),
      ...fields,
    };
    const bytes = new TextEncoder().encode(canonical(body));
    const signatures = await Promise.all(by.map(async (signer) => ({
      keyid: await idOf(signer),
      sig: new Uint8Array(
        await crypto.subtle.sign("Ed25519", signer.pair.privateKey, bytes),
      ).toHex(),
    })));
    return new TextEncoder().encode(JSON.stringify({ signed: body, signatures }));
  };
  const by = (role: Role) => [forgers[role] ?? keys[role]];
  const entries = await Promise.all(
    ROLES.map(async (role) => [await idOf(keys[role]), keyOf(keys[role])] as const),
  );
  const roles = await Promise.all(
    ROLES.map(async (role) => [role, { keyids: [await idOf(keys[role])], threshold: 1 }] as const),
  );
  const root = await signed("root", {
    consistent_snapshot: true,
    keys: Object.fromEntries(entries),
    roles: Object.fromEntries(roles),
  }, [...by("root"), ...options.oldKeys ? [options.oldKeys] : []]);
  files.set(`${rootVersion}.root.json`, root);
  const trusted = new TextEncoder().encode(options.trustedRoot);
  const hash = (await sha256(trusted)).toHex();
  files.set(`targets/${hash}.trusted_root.json`, trusted);
  const targets = await signed("targets", {
    targets: { "trusted_root.json": { length: trusted.length, hashes: { sha256: hash } } },
  }, by("targets"));
  files.set(`${version}.targets.json`, targets);
  const snapshot = await signed("snapshot", {
    meta: { "targets.json": { version } },
  }, by("snapshot"));
  files.set(`${version}.snapshot.json`, snapshot);
  files.set(
    "timestamp.json",
    await signed("timestamp", {
      meta: {
        "snapshot.json": {
          version,
          length: snapshot.length,
          hashes: { sha256: (await sha256(snapshot)).toHex() },
        },
      },
    }, by("timestamp")),
  );
  return files;
}

/** Writes the files below a folder. */
export async function writeRepository(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  await Deno.mkdir(`${folder}/targets`, { recursive: true });
  for (const [name, bytes] of files) await Deno.writeFile(`${folder}/${name}`, bytes);
}

function keyOf({ publicKey }: Keys) {
  const bytes = publicKey.slice(-32);
  return { keytype: "ed25519", scheme: "ed25519", keyval: { public: bytes.toHex() } };
}

async function idOf(keys: Keys): Promise<string> {
  return (await sha256(new TextEncoder().encode(canonical(keyOf(keys))))).toHex();
}

/** Canonical JSON: members in order, no space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${members.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(",")}}`;
}
