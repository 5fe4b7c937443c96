import type { Client } from "../../buildkit/client.ts";
import { wholeBlob } from "../../buildkit/content.ts";
import { type Descriptor, isIndex, isManifest } from "../../buildkit/registry/descriptor.ts";
import { parseManifest } from "../../buildkit/registry/manifest.ts";

/** An index with more manifests is not added up. */
const MOST = 50;

/**
 * Bytes of an image as it is stored and sent: its layers and configurations, for all platforms.
 * undefined if the daemon doesn't hold the image's manifests.
 */
export async function imageSize(
  client: Client,
  digest: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const root = parseManifest(await wholeBlob(client, digest, { signal }), digest);
    const inner = root.manifests.filter(isImage).slice(0, MOST);
    const manifests = await Promise.all(
      inner.map(async (each) =>
        parseManifest(await wholeBlob(client, each.digest, { signal }), each.digest)
      ),
    );
    const parts = [root, ...manifests].flatMap(({ config, layers }) => [
      ...config ? [config] : [],
      ...layers,
    ]);
    return parts.reduce((sum, { size }) => sum + size, 0);
  } catch {
    // The size is of interest, and no more.
    return undefined;
  }
}

function isImage({ mediaType, annotations }: Descriptor): boolean {
  return (isManifest(mediaType) || isIndex(mediaType)) &&
    annotations?.["vnd.docker.reference.type"] !== "attestation-manifest";
}
