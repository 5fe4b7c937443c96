/** The module that verifies signatures, and a Sigstore instance that it is made to trust. */
import { type Engine, startEngine } from "../../../policies/engine.ts";
import { signatureModulePath } from "../engine_module.ts";
import type { SignedImage } from "./image.ts";
import { type Instance, makeInstance, trustedRoot } from "./instance.ts";
import { repository, repositoryKeys, writeRepository } from "./tuf.ts";

export interface Verifier {
  readonly module: Engine;
  readonly instance: Instance;
  /** The trusted root of the instance, in base64. */
  readonly trusted: string;
}

/** The module's answer. */
export interface Answer {
  readonly error?: string;
  readonly unsigned?: boolean;
  readonly signature?: Readonly<Record<string, unknown>>;
}

/** @param path another module than the one that ships */
export async function startVerifier(path?: string): Promise<Verifier> {
  const module = await startEngine(await Deno.readFile(path ?? await signatureModulePath()));
  const instance = await makeInstance();
  return { module, instance, trusted: btoa(await trustedRoot(instance)) };
}

/** Verifies a bundle about a file. @param checksum `sha256:…` */
export function verifyArtifact(
  { module, trusted }: Verifier,
  checksum: string,
  bundle: Uint8Array,
  changes = {},
): Answer {
  return module.call({
    artifact: { checksum, bundle: bundle.toBase64(), trustedRoot: trusted, ...changes },
  });
}

/** The request to verify an image for linux/amd64. */
export function imageRequest({ trusted }: Verifier, image: SignedImage, changes = {}) {
  const blobs = [...image.blobs].map(([digest, { mediaType, bytes }]) =>
    [digest, { mediaType, size: bytes.length, data: bytes.toBase64() }] as const
  );
  return {
    image: {
      trustedRoot: trusted,
      root: image.root,
      attestationManifest: image.attestation,
      signatureManifests: [image.signature],
      platform: { os: "linux", architecture: "amd64" },
      blobs: Object.fromEntries(blobs),
      ...changes,
    },
  };
}

export function verifyImage(verifier: Verifier, image: SignedImage, changes = {}): Answer {
  return verifier.module.call(imageRequest(verifier, image, changes));
}

/** Writes a trust repository of the instance, for `policy trust --root FOLDER/1.root.json`. */
export async function writeTrust(folder: string, instance: Instance): Promise<void> {
  const options = { keys: await repositoryKeys(), trustedRoot: await trustedRoot(instance) };
  await writeRepository(folder, await repository(options));
}
