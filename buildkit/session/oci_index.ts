/**
 * `index.json` of an OCI layout: the manifest of each tag or name
 * (https://github.com/opencontainers/image-spec/blob/main/image-layout.md). A tag is in the
 * annotation `org.opencontainers.image.ref.name`, and an image's whole name, as with containerd, in
 * `io.containerd.image.name`.
 */
import { byKey } from "../../base/by_key.ts";
import { maybe } from "../../base/maybe.ts";
import { writeAtomically } from "../../base/atomic_file.ts";
import { osReason } from "../../base/os_reason.ts";

/** An index's entry for a manifest. */
export interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

interface Index {
  schemaVersion?: number;
  mediaType?: string;
  manifests?: Descriptor[] | null;
  [key: string]: unknown;
}

/** A layout that can't be read or written. */
export class LayoutError extends Error {
  override readonly name = "LayoutError";
}

const REF = "org.opencontainers.image.ref.name";
const NAME = "io.containerd.image.name";

/** The name of a manifest: a tag alone, or a whole name. */
type NameOrTag = { readonly tag: string } | { readonly name: string };

/**
 * The manifest that a layout has under a tag or a name; undefined for none. Throws `LayoutError`.
 */
export function findManifest(folder: string, tag: string): Descriptor | undefined {
  const manifests = readIndex(folder).manifests ?? [];
  return manifests.find(({ annotations }) => annotations?.[NAME] === tag) ??
    manifests.find(({ annotations }) => annotations?.[REF] === tag);
}

/** The layout's manifest when it has exactly one. Throws `LayoutError`. */
export function onlyManifest(folder: string): Descriptor | undefined {
  const manifests = readIndex(folder).manifests ?? [];
  return manifests.length === 1 ? manifests[0] : undefined;
}

/**
 * The digest of the cache in a layout: the given one, or else that of a tag, `latest` by default.
 * Its blob must exist, too. Throws `LayoutError`.
 */
export function cacheDigest(folder: string, tag = "latest", given = ""): string {
  const digest = given || findManifest(folder, tag)?.digest;
  if (digest === undefined) throw new LayoutError(`no digest found for tag ${tag}`);
  if (!exists(`${folder}/blobs/${digest.replace(":", "/")}`)) {
    throw new LayoutError(`digest ${digest} unavailable: content ${digest}: not found`);
  }
  return digest;
}

/** All descriptors of the index. Throws `LayoutError`. */
export function allManifests(folder: string): readonly Descriptor[] {
  return readIndex(folder).manifests ?? [];
}

/**
 * Puts a manifest into the index under its names, which other manifests lose. Without names, the
 * manifest is added. Another program holds the lock for a moment only, so a lock of more than two
 * seconds is an error (the peers fail at once). Throws `LayoutError`.
 */
export async function putManifest(
  folder: string,
  manifest: Descriptor,
  names: readonly NameOrTag[],
): Promise<void> {
  attempt(
    `could not make ${folder}`,
    () => Deno.mkdirSync(folder, { recursive: true, mode: 0o755 }),
  );
  await locked(folder, () => {
    write(`${folder}/oci-layout`, `{"imageLayoutVersion":"1.0.0"}`);
    const index = exists(`${folder}/index.json`) ? readIndex(folder) : {};
    let manifests = index.manifests ?? [];
    for (const called of names) {
      const annotations = annotationsOf(called);
      manifests = manifests.filter(({ annotations: had }) =>
        (had?.[REF] ?? "") !== annotations[REF] || (had?.[NAME] ?? "") !== (annotations[NAME] ?? "")
      );
      const all = Object.entries({ ...manifest.annotations, ...annotations });
      const sorted = Object.fromEntries(all.sort(byKey));
      manifests.push({ ...manifest, annotations: sorted });
    }
    if (names.length === 0 && !manifests.some(({ digest }) => digest === manifest.digest)) {
      manifests.push(manifest);
    }
    write(
      `${folder}/index.json`,
      JSON.stringify({
        ...index,
        schemaVersion: index.schemaVersion || 2,
        mediaType: index.mediaType || "application/vnd.oci.image.index.v1+json",
        manifests,
      }),
    );
  });
}

/** The tag of a name is its part behind the last colon, the digest taken away. */
function annotationsOf(called: NameOrTag): Record<string, string> {
  if ("tag" in called) return { [REF]: called.tag };
  const { name } = called;
  const object = name.match(/^[^@]*\/[^/@:]*:?([^/]*)$/)?.[1] ?? name;
  return { [NAME]: name, [REF]: object };
}

function readIndex(folder: string): Index {
  const path = `${folder}/index.json`;
  const text = attempt(`could not read ${path}: open ${path}`, () => Deno.readTextFileSync(path));
  const index: unknown = text === "" ? {} : maybe(() => JSON.parse(text));
  if (isIndex(index)) return index;
  throw new LayoutError(`could not unmarshal ${path}: it is not the index of an OCI layout`);
}

function isIndex(json: unknown): json is Index {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  const { manifests = null } = json as { manifests?: unknown };
  return manifests === null ||
    Array.isArray(manifests) && manifests.every((one) => typeof one?.digest === "string");
}

function write(path: string, text: string): void {
  const write = () => writeAtomically(path, text, { mode: 0o644, exactMode: true });
  attempt(`could not write ${path}`, write);
}

/** The result of some work with the system. Throws `LayoutError` with the system's reason. */
export function attempt<T>(failure: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new LayoutError(`${failure}: ${osReason(error)}`, { cause: error });
  }
}

function exists(path: string): boolean {
  return maybe(() => Deno.lstatSync(path).isFile) ?? false;
}

/**
 * The holder of `index.json.lock` removes the file. So a lock counts only if the locked file still
 * exists at its path.
 */
async function locked(folder: string, run: () => void): Promise<void> {
  const path = `${folder}/index.json.lock`;
  for (let wait = 10;; wait *= 2) {
    const open = () => Deno.openSync(path, { read: true, write: true, create: true });
    using file = attempt(`could not lock ${path}`, open);
    if (file.tryLockSync(true) && sameFile(file, path)) {
      try {
        return run();
      } finally {
        Deno.removeSync(path);
      }
    }
    if (wait > 1000) throw new LayoutError(`could not lock ${path}: another program holds it`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function sameFile(file: Deno.FsFile, path: string): boolean {
  return maybe(() => file.statSync().ino === Deno.statSync(path).ino) ?? false;
}
