import { mediaTypes } from "../buildkit/registry/descriptor.ts";

/** The media type of a manifest that nobody has named: what it says itself, else by what is in it. */
export function detectMediaType(bytes: Uint8Array): string {
  const { mediaType, config, fsLayers } = JSON.parse(new TextDecoder().decode(bytes));
  if (typeof mediaType === "string" && mediaType !== "") return mediaType;
  if (config !== undefined) return mediaTypes.dockerManifest;
  return Array.isArray(fsLayers) && fsLayers.length > 0
    ? mediaTypes.dockerSchema1
    : mediaTypes.dockerList;
}
