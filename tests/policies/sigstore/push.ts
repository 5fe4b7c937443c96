/** Puts a signed image into a registry without referrers: the signature gets a fallback tag. */
import assert from "node:assert/strict";
import { MEDIA_TYPE, type SignedImage } from "./image.ts";

/** @param repository `HOST/NAME` @returns the reference with a tag */
export async function pushSigned(
  repository: string,
  tag: string,
  image: SignedImage,
): Promise<string> {
  const [host = "", ...names] = repository.split("/");
  const base = `http://${host}/v2/${names.join("/")}`;
  const isManifest = (mediaType: string) =>
    mediaType === MEDIA_TYPE.manifest || mediaType === MEDIA_TYPE.index;
  const put = async (url: string, mediaType: string, bytes: Uint8Array) => {
    const headers = { "content-type": mediaType };
    const answer = await fetch(url, { method: "PUT", headers, body: new Uint8Array(bytes) });
    assert.equal(answer.status, 201, await answer.text());
  };
  for (const [digest, { mediaType, bytes }] of image.blobs) {
    if (isManifest(mediaType)) continue;
    const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    await begun.body?.cancel();
    const url = new URL(begun.headers.get("location")!, base);
    url.searchParams.set("digest", digest);
    await put(url.href, "application/octet-stream", bytes);
  }
  for (const [digest, { mediaType, bytes }] of image.blobs) {
    if (isManifest(mediaType)) await put(`${base}/manifests/${digest}`, mediaType, bytes);
  }
  const { bytes } = image.blobs.get(image.signature)!;
  const { artifactType } = JSON.parse(new TextDecoder().decode(bytes));
  const referrers = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [{
      mediaType: MEDIA_TYPE.manifest,
      digest: image.signature,
      size: bytes.length,
      ...artifactType && { artifactType },
    }],
  };
  await put(
    `${base}/manifests/${image.attestation.replace(":", "-")}`,
    MEDIA_TYPE.index,
    new TextEncoder().encode(JSON.stringify(referrers)),
  );
  await put(`${base}/manifests/${tag}`, MEDIA_TYPE.index, image.blobs.get(image.root)!.bytes);
  return `${repository}:${tag}`;
}
