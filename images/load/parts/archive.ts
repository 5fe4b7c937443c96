/**
 * An archive of an image like the daemon's, but without the layers that an engine has. It is an OCI
 * layout, and for Docker's older store it has `manifest.json`, too
 * (https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
 */
import { takeTurns } from "../../../base/async.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../base/tar.ts";
import { type DaemonContent, type Image, readDocument } from "./image.ts";
import type { Descriptor } from "../../../buildkit/registry/descriptor.ts";

/** The largest member of a tar, in bytes: its header has 11 octal digits. */
const LARGEST = 2 ** 33 - 1;
/**
 * Blobs up to so many bytes are read as a whole, and several at once: they cost less than a round
 * trip.
 */
const SMALL = 256 << 10;
const AT_ONCE = 8;

/**
 * The blobs of an image that an archive has, each once; undefined if one is too large for a tar.
 */
export function blobsOf(
  { manifests }: Image,
  without: ReadonlySet<string>,
): readonly Descriptor[] | undefined {
  const blobs = new Map<string, Descriptor>();
  for (const { config, layers } of manifests) {
    for (const blob of [config, ...layers]) {
      if (!without.has(blob.digest)) blobs.set(blob.digest, blob);
    }
  }
  return [...blobs.values()].some(({ size }) => size > LARGEST) ? undefined : [...blobs.values()];
}

/**
 * Writes the archive. Its memory is a window of the connection, or the small blobs that are read at
 * once.
 * @param write takes bytes, which are valid only until it returns
 */
export async function writeArchive(
  image: Image,
  blobs: readonly Descriptor[],
  names: readonly string[],
  { content, write }: {
    readonly content: DaemonContent;
    readonly write: (bytes: Uint8Array) => void | Promise<void>;
  },
): Promise<void> {
  const folder = (name: string) => write(tarHeader({ name, mode: 0o755, size: 0 }));
  const file = async (name: string, mode: number, bytes: Uint8Array) => {
    await write(tarHeader({ name, mode, size: bytes.length }));
    await write(bytes);
    await write(tarPadding(bytes.length));
  };
  const json = (name: string, mode: number, value: unknown) =>
    file(name, mode, new TextEncoder().encode(JSON.stringify(value)));

  await folder("blobs/");
  await folder("blobs/sha256/");
  for (const [digest, bytes] of image.documents) await file(pathOf(digest), 0o444, bytes);
  const [reading, writing] = [takeTurns(AT_ONCE), takeTurns(1)];
  await Promise.all(
    blobs.filter(({ size }) => size <= SMALL).map((blob) =>
      reading(async () => {
        const bytes = await readDocument(content, blob);
        await writing(() => file(pathOf(blob.digest), 0o444, bytes));
      })
    ),
  );
  for (const { digest, size } of blobs.filter(({ size }) => size > SMALL)) {
    await write(tarHeader({ name: pathOf(digest), mode: 0o444, size }));
    let left = size;
    await content.read(digest, (bytes) => {
      left -= bytes.length;
      if (left < 0) throw new Error(`${digest} is longer than ${size} bytes`);
      return write(bytes);
    });
    if (left > 0) throw new Error(`${digest} is shorter than ${size} bytes`);
    await write(tarPadding(size));
  }
  await json("index.json", 0o644, layoutIndex(image.root, names));
  await json("manifest.json", 0o444, dockerManifests(image, names));
  await json("oci-layout", 0o444, { imageLayoutVersion: "1.0.0" });
  await write(tarEnd());
}

const pathOf = (digest: string) => `blobs/${digest.replace(":", "/")}`;

/** The layout's index, with an entry for each name. The annotations are containerd's. */
function layoutIndex(root: Descriptor, names: readonly string[]): unknown {
  const entries = names.map((name) => ({
    ...root,
    annotations: {
      ...root.annotations,
      "io.containerd.image.name": name,
      "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
    },
  }));
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: entries.length > 0 ? entries : [root],
  };
}

/** `manifest.json` (https://github.com/moby/docker-image-spec). */
function dockerManifests({ manifests }: Image, names: readonly string[]): unknown {
  return manifests.slice(0, 1).map(({ config, layers }) => ({
    Config: pathOf(config.digest),
    RepoTags: names.length > 0 ? names : null,
    Layers: layers.map(({ digest }) => pathOf(digest)),
  }));
}
