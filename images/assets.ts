/** What an image has beside its manifests: each platform's configuration, SBOM and provenance. */
import { formatPlatform, normalizePlatform } from "../builders/platforms.ts";
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { isIndex, isManifest } from "../buildkit/registry/descriptor.ts";
import type { Reader } from "../buildkit/registry/pull.ts";
import { platformOfDescriptor } from "./descriptor_platform.ts";

/** One manifest's content. */
interface Manifest {
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[] | null;
  readonly manifests?: readonly Descriptor[] | null;
}

/** An image's parts by platform, in the order of the platforms' names. */
export interface Assets {
  readonly images: ReadonlyMap<string, unknown>;
  /** Reads the attestations: the predicates of a kind, by platform. */
  predicates(kind: "sbom" | "provenance"): Promise<ReadonlyMap<string, readonly unknown[]>>;
}

const REFERENCES = ["com.docker.reference.digest", "vnd.docker.reference.digest"];

/** Reads all manifests, and the configurations. Throws as the reader does. */
export async function loadAssets(reader: Reader, top: Descriptor): Promise<Assets> {
  const manifests = new Map<string, Manifest>();
  const images = new Map<string, string>();
  const attestations = new Map<string, string[]>();
  const read = async (wanted: Descriptor) =>
    JSON.parse(new TextDecoder().decode(await reader.fetch(wanted)));

  async function visit(descriptor: Descriptor): Promise<void> {
    if (isIndex(descriptor.mediaType)) {
      const { manifests: inner }: Manifest = await read(descriptor);
      await Promise.all((inner ?? []).map(visit));
    } else if (isManifest(descriptor.mediaType)) {
      const manifest: Manifest = await read(descriptor);
      manifests.set(descriptor.digest, manifest);
      const subject = REFERENCES.map((key) => descriptor.annotations?.[key]).find(Boolean);
      if (subject !== undefined) {
        attestations.set(subject, [...attestations.get(subject) ?? [], descriptor.digest]);
      } else {
        const platform = descriptor.platform ?? await read(manifest.config!);
        const name = formatPlatform(normalizePlatform(platformOfDescriptor(platform)));
        images.set(name, descriptor.digest);
      }
    }
  }
  await visit(top);
  const platforms = [...images].sort(([a], [b]) => a < b ? -1 : 1);
  const configs = await Promise.all(platforms.map(async ([platform, digest]) => {
    const { config } = manifests.get(digest)!;
    return [platform, await read(config!)] as const;
  }));

  return {
    images: new Map(configs),
    async predicates(kind) {
      const found = new Map<string, unknown[]>();
      for (const [platform, digest] of platforms) {
        for (const attestation of attestations.get(digest) ?? []) {
          for (const layer of manifests.get(attestation)?.layers ?? []) {
            if (!isStatement(layer, kind)) continue;
            const { predicate } = statementOf(await read(layer), layer);
            found.set(platform, [...found.get(platform) ?? [], predicate]);
          }
        }
      }
      return found;
    },
  };
}

function isStatement({ mediaType, annotations }: Descriptor, kind: "sbom" | "provenance"): boolean {
  const type = annotations?.["in-toto.io/predicate-type"] ?? "";
  if (mediaType !== "application/vnd.in-toto+json" && !isSigned(mediaType)) return false;
  return kind === "sbom"
    ? type === "https://spdx.dev/Document"
    : type.startsWith("https://slsa.dev/provenance/");
}

/** In an envelope with signatures (DSSE). */
function isSigned(mediaType: string): boolean {
  return /application\/vnd\.in-toto\..*\+dsse/.test(mediaType);
}

function statementOf(json: { payload?: string; predicate?: unknown }, layer: Descriptor) {
  if (!isSigned(layer.mediaType)) return json;
  return JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(json.payload ?? "")));
}
