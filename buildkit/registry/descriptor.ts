/**
 * A reference to content (https://github.com/opencontainers/image-spec/blob/main/descriptor.md).
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly platform?: DescriptorPlatform;
  readonly artifactType?: string;
}

/** A platform in the form of manifests. */
export interface DescriptorPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
  readonly variant?: string;
}

/** The image's descriptor in the answers of an exporter; undefined without one. */
export function exportedDescriptor(
  answers: Readonly<Record<string, string>>,
): Descriptor | undefined {
  const text = answers["containerimage.descriptor"];
  return text === undefined
    ? undefined
    : JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(text)));
}

/** The media types of manifests and indexes. */
export const mediaTypes = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  /** Docker's oldest manifest, which is recognised to be refused. */
  dockerSchema1: "application/vnd.docker.distribution.manifest.v1+prettyjws",
} as const;

/** True for an index of OCI or Docker. */
export function isIndex(mediaType: string): boolean {
  return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerList;
}

/** True for a manifest of OCI or Docker. */
export function isManifest(mediaType: string): boolean {
  return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
}
