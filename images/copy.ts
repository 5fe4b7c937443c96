/** Copies images with all they are made of from one repository to another. */
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { isIndex, isManifest } from "../buildkit/registry/descriptor.ts";
import type { Reader } from "../buildkit/registry/pull.ts";
import type { Writer } from "../buildkit/registry/push.ts";
import { type Location, locationName } from "./location.ts";
import type { Places } from "./places.ts";

/** What refers to a manifest and goes with it: attestations and signatures. */
const REFERRERS = new Set([
  "application/vnd.docker.attestation.manifest.v1+json",
  "application/vnd.dev.cosign.artifact.sig.v1+json",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
]);

/** How many blobs are on their way at once. */
const AT_ONCE = 4;

/** Copies into one repository; what is shared by several images is copied once. */
export function copier(places: Places, to: Location) {
  const target = places.writer(to);
  const started = new Map<string, Promise<void>>();
  const turns = takeTurns(AT_ONCE);

  function once(digest: string, work: () => Promise<void>): Promise<void> {
    let running = started.get(digest);
    if (running === undefined) started.set(digest, running = work());
    return running;
  }

  async function copyManifest(descriptor: Descriptor, from: Location): Promise<void> {
    const source = places.reader(from);
    // A registry has a manifest only with all that it names.
    if (!await target.has(descriptor)) {
      const bytes = await source.fetch(descriptor);
      const { manifests, config, layers } = JSON.parse(new TextDecoder().decode(bytes));
      const parts: Descriptor[] = [...manifests ?? [], ...config ? [config] : [], ...layers ?? []];
      await Promise.all(parts.map((part) => copyOne(part, from)));
      await target.putManifest(descriptor, bytes);
    }
    const referrers = await source.referrers(descriptor.digest);
    const wanted = referrers.filter(({ artifactType }) => REFERRERS.has(artifactType ?? ""));
    await Promise.all(wanted.map((referrer) => copyOne(referrer, from)));
  }

  function copyOne(descriptor: Descriptor, from: Location): Promise<void> {
    const { mediaType, digest } = descriptor;
    return once(
      digest,
      () =>
        isIndex(mediaType) || isManifest(mediaType)
          ? copyManifest(descriptor, from)
          : turns(() => copyBlob(descriptor, places.reader(from), target, mountPath(from, to))),
    );
  }
  return copyOne;
}

async function copyBlob(
  descriptor: Descriptor,
  source: Reader,
  target: Writer,
  mountFrom: string | undefined,
): Promise<void> {
  if (await target.has(descriptor)) return;
  if (mountFrom !== undefined && await target.mount(descriptor, mountFrom)) return;
  await target.putBlob(descriptor, () => source.open(descriptor));
}

/** The path of a repository that the target's registry can take blobs from. */
function mountPath(from: Location, to: Location): string | undefined {
  if (from.kind !== "registry" || to.kind !== "registry") return undefined;
  const sameRegistry = from.ref.domain === to.ref.domain;
  return sameRegistry && locationName(from) !== locationName(to) ? from.ref.path : undefined;
}

/** Runs what it is given, so many at a time. */
function takeTurns(atOnce: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
