/** Copies images, with the content that they consist of, from one repository to another. */
import { takeTurns } from "../base/async.ts";
import { type Descriptor, isIndex, isManifest } from "../buildkit/registry/descriptor.ts";
import { DEEPEST, ManifestError, MOST, parseManifest } from "../buildkit/registry/manifest.ts";
import type { Reader } from "../buildkit/registry/pull.ts";
import type { Writer } from "../buildkit/registry/push.ts";
import { type Location, locationName, locationText, withDigest } from "./location.ts";
import type { Referrer } from "./layout.ts";
import type { Repositories } from "./repositories.ts";

/** The kinds of referrers that are copied with a manifest: attestations and signatures. */
const REFERRERS = new Set([
  "application/vnd.docker.attestation.manifest.v1+json",
  "application/vnd.dev.cosign.artifact.sig.v1+json",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
]);

/** How many blobs are copied at once, and how many manifests are read at once. */
const BLOBS = 4, MANIFESTS = 8;

/** Copies into one repository. */
export interface Copier {
  /** Copies content with all its parts and referrers; what several images share is copied once. */
  copy(descriptor: Descriptor, from: Location): Promise<void>;
  /** The referrers that were copied so far. */
  readonly referrers: readonly Referrer[];
}

/** Receives the bytes of a blob that were read so far. */
type OnBytes = (descriptor: Descriptor, bytes: number) => void;

export function copier(repositories: Repositories, to: Location, onBytes?: OnBytes): Copier {
  const target = repositories.writer(to);
  const started = new Map<string, Promise<void>>();
  const asked = new Set<string>();
  const referrers: Referrer[] = [];
  const [ofBlobs, ofManifests] = [takeTurns(BLOBS), takeTurns(MANIFESTS)];
  let manifests = 0;

  /**
   * Referrers come after their subjects: two that refer to each other would otherwise wait
   * endlessly.
   */
  async function copyAll(descriptor: Descriptor, from: Location, depth: number): Promise<void> {
    const copied: { descriptor: Descriptor; depth: number }[] = [];
    await copyContent(descriptor, depth);
    await Promise.all(copied.map((each) => copyReferrers(each.descriptor, from, each.depth)));

    function copyContent(descriptor: Descriptor, depth: number): Promise<void> {
      const { mediaType, digest } = descriptor;
      let running = started.get(digest);
      if (running === undefined) {
        running = isIndex(mediaType) || isManifest(mediaType)
          ? copyManifest(descriptor, depth)
          : ofBlobs(() =>
            copyBlob(descriptor, repositories.reader(from), target, mountPath(from, to), onBytes)
          );
        started.set(digest, running);
      }
      return running;
    }

    async function copyManifest(descriptor: Descriptor, depth: number): Promise<void> {
      const shown = locationText(withDigest(from, descriptor.digest));
      if (depth > DEEPEST) throw new ManifestError(`${shown}: nested more than ${DEEPEST} deep`);
      if (++manifests > MOST) throw new ManifestError(`${shown}: more than ${MOST} manifests`);
      copied.push({ descriptor, depth });
      const bytes = await ofManifests(async () => {
        // A registry has a manifest only with all its parts.
        if (await target.has(descriptor)) return undefined;
        return await repositories.reader(from).fetch(descriptor);
      });
      if (bytes === undefined) return;
      const { manifests: inner, config, layers } = parseManifest(bytes, shown);
      const parts = [...inner, ...config ? [config] : [], ...layers];
      await Promise.all(parts.map((part) => copyContent(part, depth + 1)));
      await target.putManifest(descriptor, bytes);
    }
  }

  async function copyReferrers(
    { digest }: Descriptor,
    from: Location,
    depth: number,
  ): Promise<void> {
    if (asked.has(digest)) return;
    asked.add(digest);
    const all = await repositories.reader(from).referrers(digest);
    const wanted = all.filter(({ artifactType }) => REFERRERS.has(artifactType ?? ""));
    referrers.push(...wanted.map((descriptor) => ({ subject: digest, descriptor })));
    await Promise.all(wanted.map((each) => copyAll(each, from, depth + 1)));
  }

  return { referrers, copy: (descriptor, from) => copyAll(descriptor, from, 1) };
}

async function copyBlob(
  descriptor: Descriptor,
  source: Reader,
  target: Writer,
  mountFrom: string | undefined,
  onBytes: OnBytes | undefined,
): Promise<void> {
  if (await target.has(descriptor)) return;
  if (mountFrom !== undefined && await target.mount(descriptor, mountFrom)) return;
  await target.putBlob(descriptor, async () => {
    const stream = await source.open(descriptor);
    return onBytes === undefined ? stream : counted(stream, (bytes) => onBytes(descriptor, bytes));
  });
}

function counted(
  stream: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        onBytes(bytes += chunk.length);
        controller.enqueue(chunk);
      },
    }),
  );
}

/** The path of a repository that the target's registry can take blobs from. */
function mountPath(from: Location, to: Location): string | undefined {
  if (from.kind !== "registry" || to.kind !== "registry") return undefined;
  const sameRegistry = from.ref.domain === to.ref.domain;
  return sameRegistry && locationName(from) !== locationName(to) ? from.ref.path : undefined;
}
