/**
 * Converts sources and their metadata between the daemon's messages and the policy engine's JSON.
 */
import { byKey } from "../base/by_key.ts";
import {
  type ResolveSourceMetaRequest,
  ResolveSourceMetaRequest as RequestCodec,
  type ResolveSourceMetaResponse,
} from "../proto/gen/gateway.ts";
import type { WorkerRecord } from "../proto/gen/worker_types.ts";
import { messageOf } from "../proto/message_of.ts";

/** A source of a build, as LLB names it. */
export interface Source {
  /** `docker-image://…`, `git://…`, `https://…`, `local://…`. */
  readonly identifier: string;
  readonly attrs?: Readonly<Record<string, string>>;
}

export interface PolicyPlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** The first platform of the first worker; undefined where the daemon has no worker. */
export function defaultPlatform([worker]: readonly WorkerRecord[]): PolicyPlatform | undefined {
  const platform = worker?.platforms[0];
  return platform &&
    { os: platform.OS, architecture: platform.Architecture, variant: platform.Variant };
}

/** The daemon's metadata about a source. Bytes are base64. */
export interface Meta {
  readonly image?: {
    readonly digest: string;
    readonly config?: string;
    readonly chain?: AttestationChainJson;
    /** Verified signatures of the chain. */
    readonly signatures?: readonly unknown[];
  };
  readonly git?: {
    readonly checksum: string;
    readonly ref: string;
    readonly commitChecksum?: string;
    readonly commitObject?: string;
    readonly tagObject?: string;
  };
  readonly http?: {
    readonly checksum: string;
    readonly checksumResponse?: { readonly digest: string; readonly suffix?: string };
  };
}

interface AttestationChainJson {
  readonly attestationManifest?: string;
  readonly blobs: readonly {
    readonly annotations: Readonly<Record<string, string>>;
    readonly data: string;
  }[];
}

/** A policy's request for metadata about a source. */
export interface MetaRequest {
  readonly source: Source;
  readonly platform?: PolicyPlatform;
  readonly image?: {
    readonly noConfig?: boolean;
    readonly attestationChain?: boolean;
    readonly resolveAttestations?: readonly string[];
  };
  readonly git?: { readonly returnObject?: boolean };
  readonly http?: {
    readonly checksum?: { readonly algorithm: string; readonly suffix?: string };
  };
}

/** The hash functions of `ChecksumRequest.ChecksumAlgo`, by their number. */
const ALGORITHMS = ["sha256", "sha384", "sha512"];

/**
 * The request as the daemon takes it. The source's attributes are copied, as the daemon demands.
 */
export function metaRequest(
  { source, platform, image, git, http }: MetaRequest,
): ResolveSourceMetaRequest {
  const { checksum } = http ?? {};
  return messageOf(RequestCodec, {
    Source: { identifier: source.identifier, attrs: { ...source.attrs } },
    ...platform && {
      Platform: {
        OS: platform.os,
        Architecture: platform.architecture,
        Variant: platform.variant ?? "",
        OSVersion: "",
        OSFeatures: [],
      },
    },
    ...image && {
      Image: {
        NoConfig: image.noConfig ?? false,
        AttestationChain: image.attestationChain ?? false,
        ResolveAttestations: [...image.resolveAttestations ?? []],
      },
    },
    ...git && { Git: { ReturnObject: git.returnObject ?? false } },
    ...checksum && {
      HTTP: {
        ChecksumRequest: {
          Algo: ALGORITHMS.indexOf(checksum.algorithm),
          Suffix: Uint8Array.fromBase64(checksum.suffix ?? ""),
        },
      },
    },
  });
}

/**
 * The daemon's metadata for the engine; undefined if no metadata was requested.
 * @param signatures the verified signatures of an image
 */
export function metaOf(
  { Image: image, Git: git, HTTP: http }: ResolveSourceMetaResponse,
  signatures: readonly unknown[],
): Meta | undefined {
  if (!image && !git && !http) return undefined;
  const chain = image?.AttestationChain;
  return {
    ...image && {
      image: {
        digest: image.Digest,
        ...image.Config.length > 0 && { config: image.Config.toBase64() },
        ...chain && {
          chain: {
            attestationManifest: chain.AttestationManifest,
            // Go sends a map in any order, so the blobs are sorted by digest.
            blobs: Object.entries(chain.Blobs).sort(byKey)
              .map(([, { descriptor, data }]) => ({
                annotations: descriptor?.annotations ?? {},
                data: data.toBase64(),
              })),
          },
        },
        signatures,
      },
    },
    ...git && {
      git: {
        checksum: git.Checksum,
        ref: git.Ref,
        commitChecksum: git.CommitChecksum,
        commitObject: git.CommitObject.toBase64(),
        tagObject: git.TagObject.toBase64(),
      },
    },
    ...http && {
      http: {
        checksum: http.Checksum,
        ...http.ChecksumResponse && {
          checksumResponse: {
            digest: http.ChecksumResponse.Digest,
            suffix: http.ChecksumResponse.Suffix.toBase64(),
          },
        },
      },
    },
  };
}
