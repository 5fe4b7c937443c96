/**
 * Verified signatures of images and of downloaded files. The module that verifies them starts with
 * the first signature; a source without one, or a policy that asks for none, doesn't load it.
 */
import { buildxConfigDir } from "../builders/store/config_dir.ts";
import type { AttestationChain, ResolveSourceMetaResponse } from "../proto/gen/gateway.ts";
import type { Engine, EngineAnswer, EngineLog } from "./engine.ts";
import { type LoadOptions, policyModule } from "./engine_module.ts";
import type { PolicyPlatform } from "./source_meta.ts";
import { TrustError, trustFolder } from "./trust_files.ts";
import { validTrust } from "./trust_root.ts";

/** A signature of a file, as Sigstore packs it. */
export interface Bundle {
  readonly bytes: Uint8Array;
  /** GitHub stores bundles in Snappy's block format. */
  readonly snappy?: boolean;
}

type Log = (line: EngineLog) => void;

export interface SignatureVerifier {
  /** The signatures for `input.image.signatures`; empty if none is valid. */
  ofImage(
    source: ResolveSourceMetaResponse,
    platform: PolicyPlatform | undefined,
    log: Log,
  ): Promise<readonly unknown[]>;
  /** The signature in the first valid bundle; null if none is valid. */
  ofFile(checksum: string, bundles: readonly Bundle[], failed: (why: string) => void): Promise<
    unknown
  >;
}

/**
 * The verifier of this process's module.
 * @param warn called once if nothing can be verified: the trust root has expired or is missing
 */
export function signatureVerifier(
  loading: LoadOptions,
  warn: (line: string) => void,
): SignatureVerifier {
  const { env, signal } = loading;
  let trusting: Promise<{ module: Engine; trustedRoot: string } | undefined> | undefined;
  const images = new Map<string, Promise<EngineAnswer | undefined>>();
  async function trust(): Promise<{ module: Engine; trustedRoot: string } | undefined> {
    try {
      const config = buildxConfigDir(env);
      if (config === undefined) {
        throw new TrustError(
          "signatures can't be verified: there is no folder for Sigstore's trust root",
          "set HOME or BUILDX_CONFIG",
        );
      }
      const module = await policyModule("signatures", loading);
      const trustedRoot = await validTrust(module, await trustFolder(config), signal);
      return { module, trustedRoot };
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      warn(error.hint === undefined ? error.message : `${error.message} (${error.hint})`);
      return undefined;
    }
  }
  return {
    async ofImage({ Image: found }, platform, log) {
      const chain = found?.AttestationChain;
      if (!chain || !isSigned(chain)) return [];
      const key = JSON.stringify([
        chain.Root,
        chain.AttestationManifest,
        chain.SignatureManifests,
        platform,
      ]);
      const verifying = images.get(key) ?? (async () => {
        const trusted = await (trusting ??= trust());
        return trusted?.module.call({
          image: { ...imageRequest(chain, platform), trustedRoot: trusted.trustedRoot },
        });
      })();
      images.set(key, verifying);
      const answer = await verifying;
      if (answer?.error !== undefined) {
        log({ level: "debug", text: `failed to parse image signatures: ${answer.error}` });
      }
      return answer?.["signature"] ? [answer["signature"]] : [];
    },
    async ofFile(checksum, bundles, failed) {
      if (bundles.length === 0) return null;
      const trusted = await (trusting ??= trust());
      if (trusted === undefined) return null;
      for (const { bytes, snappy = false } of bundles) {
        const { error, signature } = trusted.module.call({
          artifact: {
            checksum,
            bundle: bytes.toBase64(),
            snappy,
            trustedRoot: trusted.trustedRoot,
          },
        });
        if (error === undefined && signature) return signature;
        failed(error ?? "no signature");
      }
      return null;
    },
  };
}

function isSigned({ Root, AttestationManifest, SignatureManifests }: AttestationChain): boolean {
  return Root !== "" && AttestationManifest !== "" && SignatureManifests.length > 0;
}

function imageRequest(
  { Root, AttestationManifest, SignatureManifests, Blobs }: AttestationChain,
  platform: PolicyPlatform | undefined,
) {
  return {
    root: Root,
    attestationManifest: AttestationManifest,
    signatureManifests: SignatureManifests,
    blobs: Object.fromEntries(
      Object.entries(Blobs).map(([digest, { descriptor, data }]) => [digest, {
        mediaType: descriptor?.mediaType ?? "",
        size: Number(descriptor?.size ?? 0),
        data: data.toBase64(),
      }]),
    ),
    ...platform && { platform },
  };
}
