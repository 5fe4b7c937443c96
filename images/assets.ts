/**
 * Reads the content behind an image's manifests: each platform's configuration, SBOM, and
 * provenance.
 */
import { byKey } from "../base/by_key.ts";
import { takeTurns } from "../base/async.ts";
import { formatPlatform, normalizePlatform } from "../builders/platforms.ts";
import { type Descriptor, isIndex, isManifest } from "../buildkit/registry/descriptor.ts";
import {
  DEEPEST,
  type Manifest,
  ManifestError,
  MOST,
  parseJson,
  parseManifest,
} from "../buildkit/registry/manifest.ts";
import type { Reader } from "../buildkit/registry/pull.ts";
import { platformOfDescriptor } from "./descriptor_platform.ts";

/** An image's parts by platform, in the order of the platforms' names. */
export interface Assets {
  readonly images: ReadonlyMap<string, unknown>;
  /** Reads the attestations: the predicates of a kind, by platform. */
  predicates(kind: "sbom" | "provenance"): Promise<ReadonlyMap<string, readonly unknown[]>>;
}

/** How many manifests are read at once. */
const AT_ONCE = 8;

const REFERENCES = ["com.docker.reference.digest", "vnd.docker.reference.digest"];

/** Reads all manifests, and the configurations. Throws as the reader does. */
export async function loadAssets(reader: Reader, top: Descriptor): Promise<Assets> {
  const manifests = new Map<string, Manifest>();
  const images = new Map<string, string>();
  const attestations = new Map<string, string[]>();
  const turns = takeTurns(AT_ONCE);
  let count = 0;
  const read = async (wanted: Descriptor) => {
    const json = parseJson(await reader.fetch(wanted), wanted.digest);
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
    throw new ManifestError(`${wanted.digest}: its content is not an object`);
  };

  async function visit(descriptor: Descriptor, depth: number): Promise<void> {
    const { mediaType, digest } = descriptor;
    if (!isIndex(mediaType) && !isManifest(mediaType)) return;
    if (depth > DEEPEST) throw new ManifestError(`${digest}: nested more than ${DEEPEST} deep`);
    if (++count > MOST) throw new ManifestError(`${top.digest}: more than ${MOST} manifests`);
    const manifest = parseManifest(await turns(() => reader.fetch(descriptor)), digest);
    if (isIndex(mediaType)) {
      await Promise.all(manifest.manifests.map((inner) => visit(inner, depth + 1)));
      return;
    }
    manifests.set(digest, manifest);
    const subject = REFERENCES.map((key) => descriptor.annotations?.[key]).find(Boolean);
    if (subject !== undefined) {
      attestations.set(subject, [...attestations.get(subject) ?? [], digest]);
    } else {
      const platform = descriptor.platform ?? await read(configOf(manifest, digest));
      const name = formatPlatform(normalizePlatform(platformOfDescriptor(platform)));
      images.set(name, digest);
    }
  }
  await visit(top, 1);
  const platforms = [...images].sort(byKey);
  const configs = await Promise.all(platforms.map(async ([platform, digest]) => {
    return [platform, await read(configOf(manifests.get(digest)!, digest))] as const;
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

/** True for a statement in an envelope with signatures (DSSE). */
function isSigned(mediaType: string): boolean {
  return /application\/vnd\.in-toto\..*\+dsse/.test(mediaType);
}

function statementOf(
  json: { readonly payload?: unknown; readonly predicate?: unknown },
  { mediaType, digest }: Descriptor,
): { readonly predicate?: unknown } {
  if (!isSigned(mediaType)) return json;
  let payload: Uint8Array;
  try {
    payload = Uint8Array.fromBase64(String(json.payload ?? ""));
  } catch {
    throw new ManifestError(`${digest}: the payload of its envelope is not valid base64`);
  }
  return (parseJson(payload, digest) ?? {}) as { predicate?: unknown };
}

function configOf({ config }: Manifest, digest: string): Descriptor {
  if (config !== undefined) return config;
  throw new ManifestError(`${digest}: the manifest has no config`);
}
