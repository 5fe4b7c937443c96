/** An image with a provenance and its signature, as `build --provenance` and cosign attach them. */
import {
  cosignAnnotations,
  type Instance,
  keyAnnotations,
  signedBundle,
  type SignOptions,
  statement,
} from "./instance.ts";
import { type Keys, sha256 } from "./keys.ts";

export const MEDIA_TYPE = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  inToto: "application/vnd.in-toto+json",
  bundle: "application/vnd.dev.sigstore.bundle.v0.3+json",
  simpleSigning: "application/vnd.dev.cosign.simplesigning.v1+json",
  empty: "application/vnd.oci.empty.v1+json",
  cosign: "application/vnd.dev.cosign.artifact.sig.v1+json",
} as const;

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  artifactType?: string;
  platform?: { os: string; architecture: string };
}

export interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  artifactType?: string;
  config: Descriptor;
  layers: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** A blob with the type by which a registry knows it. */
export interface Content {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface SignedImage {
  /** The digests of the index and of the manifests. */
  readonly root: string;
  readonly image: string;
  readonly attestation: string;
  readonly signature: string;
  readonly blobs: ReadonlyMap<string, Content>;
}

/** The parts that a forger could change, before the digests of the parts around them. */
export interface ImageOptions extends SignOptions {
  /** The kind of signature; the default is a bundle. */
  readonly form?: "bundle" | "cosign" | "old cosign";
  /** The image is a Docker Hardened Image, signed by these keys instead of a certificate's. */
  readonly hardenedBy?: Keys;
  /** The signature of a hardened image is in the log, too. */
  readonly inLog?: boolean;
  readonly changeAttestation?: (manifest: Manifest) => void;
  readonly changeSignature?: (manifest: Manifest) => void;
  readonly changeIndex?: (
    index: { manifests: Descriptor[]; annotations?: Record<string, string> },
  ) => void;
  /** The payload of a simple signature. */
  readonly changePayload?: (payload: ReturnType<typeof simplePayload>) => object;
  /** The digest that is signed, if it isn't that of the attestation. */
  readonly signed?: string;
  readonly dockerReference?: string;
}

export async function signedImage(instance: Instance, options: ImageOptions): Promise<SignedImage> {
  const blobs = new Map<string, Content>();
  async function add(mediaType: string, content: object | Uint8Array): Promise<Descriptor> {
    const bytes = content instanceof Uint8Array
      ? content
      : new TextEncoder().encode(JSON.stringify(content));
    const digest = `sha256:${(await sha256(bytes)).toHex()}`;
    blobs.set(digest, { mediaType, bytes });
    return { mediaType, digest, size: bytes.length };
  }
  const layer = await add(MEDIA_TYPE.layer, await emptyLayer());
  const config = await add(MEDIA_TYPE.config, {
    architecture: "amd64",
    os: "linux",
    config: { Labels: { id: crypto.randomUUID() } },
    rootfs: { type: "layers", diff_ids: [await diffId()] },
  });
  const manifest = (fields: Partial<Manifest>): Manifest => ({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: [],
    ...fields,
  });
  const image = await add(MEDIA_TYPE.manifest, manifest({ layers: [layer] }));
  const provenance = await add(MEDIA_TYPE.inToto, statement(image.digest));
  const attested = manifest({
    layers: [{ ...provenance, annotations: { "in-toto.io/predicate-type": PROVENANCE } }],
    subject: { ...image },
  });
  if (options.hardenedBy) {
    attested.artifactType = MEDIA_TYPE.inToto;
    attested.annotations = { "in-toto.io/predicate-type": PROVENANCE };
  }
  options.changeAttestation?.(attested);
  const attestation = await add(MEDIA_TYPE.manifest, attested);
  const empty = await add(MEDIA_TYPE.empty, {});
  const signedDigest = options.signed ?? attestation.digest;
  let signing: Manifest;
  if (options.form === undefined || options.form === "bundle") {
    const bundle = await signedBundle(instance, statement(signedDigest), options);
    signing = manifest({
      artifactType: MEDIA_TYPE.bundle,
      config: empty,
      layers: [await add(MEDIA_TYPE.bundle, bundle)],
      subject: { ...attestation },
    });
  } else {
    const plain = simplePayload(signedDigest, options.dockerReference ?? "registry.test/image");
    const payload = new TextEncoder().encode(
      JSON.stringify(options.changePayload?.(plain) ?? plain),
    );
    const annotations = options.hardenedBy
      ? await keyAnnotations(instance, payload, options.hardenedBy, options.inLog ?? false)
      : await cosignAnnotations(instance, payload, options, { old: options.form === "old cosign" });
    signing = manifest({
      ...options.form === "cosign" && { artifactType: MEDIA_TYPE.cosign },
      layers: [{ ...await add(MEDIA_TYPE.simpleSigning, payload), annotations }],
      subject: { ...attestation },
    });
  }
  options.changeSignature?.(signing);
  const signature = await add(MEDIA_TYPE.manifest, signing);
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [
      { ...image, platform: { os: "linux", architecture: "amd64" } },
      {
        ...attestation,
        platform: { os: "unknown", architecture: "unknown" },
        annotations: {
          "vnd.docker.reference.type": "attestation-manifest",
          "vnd.docker.reference.digest": image.digest,
        },
      },
    ] as Descriptor[],
    annotations: {} as Record<string, string>,
  };
  if (options.hardenedBy) {
    index.annotations = { "org.opencontainers.image.title": "dhi/example" };
    index.manifests.pop();
    index.manifests[0]!.annotations = { "com.docker.dhi.build.id": "1" };
  }
  options.changeIndex?.(index);
  const root = await add(MEDIA_TYPE.index, index);
  return {
    root: root.digest,
    image: image.digest,
    attestation: attestation.digest,
    signature: signature.digest,
    blobs,
  };
}

const PROVENANCE = "https://slsa.dev/provenance/v1";

function simplePayload(digest: string, dockerReference: string) {
  return {
    critical: {
      identity: { "docker-reference": dockerReference },
      image: { "docker-manifest-digest": digest },
      type: "cosign container image signature",
    },
    optional: {},
  };
}

/** A tar file without entries. */
const TAR = new Uint8Array(1024);

async function emptyLayer(): Promise<Uint8Array> {
  const packed = new Blob([TAR]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

async function diffId(): Promise<string> {
  return `sha256:${(await sha256(TAR)).toHex()}`;
}
