import { byKey } from "../../base/by_key.ts";
import { formatPlatform } from "../../builders/platforms.ts";
import { type Descriptor, isIndex } from "../../buildkit/registry/descriptor.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import { platformOfDescriptor } from "../../images/descriptor_platform.ts";
import { type Location, locationText, withDigest } from "../../images/location.ts";

/** Prints an image without a format: the image, and each manifest of an index. */
export function inspectText(
  location: Location,
  { mediaType, digest }: Descriptor,
  manifests: readonly Descriptor[],
): string {
  const top = block([
    ["Name", locationText(location)],
    ["MediaType", mediaType],
    ["Digest", digest],
  ]);
  if (!isIndex(mediaType)) return top;
  return top + block([["", ""], ["Manifests", ""]]) + manifestBlocks(location, manifests);
}

/** Annotations have their own columns, so the columns of a block end before them. */
function manifestBlocks(location: Location, manifests: readonly Descriptor[]): string {
  let text = "";
  let lines: [string, string][] = [];
  for (const [i, { digest, mediaType, platform, urls, annotations }] of manifests.entries()) {
    if (i > 0) lines.push(["", ""]);
    lines.push(["  Name", locationText(withDigest(location, digest))], ["  MediaType", mediaType]);
    if (platform === undefined) continue;
    const { osVersion, osFeatures, ...rest } = platformOfDescriptor(platform);
    lines.push(["  Platform", formatPlatform(rest)]);
    if (osVersion) lines.push(["  OSVersion", osVersion]);
    if (osFeatures) lines.push(["  OSFeatures", osFeatures.join(", ")]);
    if (urls?.length) lines.push(["  URLs", urls.join(", ")]);
    const pairs = Object.entries(annotations ?? {}).sort(byKey);
    if (pairs.length === 0) continue;
    text += block([...lines, ["  Annotations", ""]]) +
      block(pairs.map(([key, value]) => [`    ${key}`, value]));
    lines = [];
  }
  return text + block(lines);
}

function block(lines: readonly (readonly [string, string])[]): string {
  const text = lines.map(([name, value]) => `${name}${name && ":"}\t${value}\n`).join("");
  return alignColumns(text, { padding: 1, minimum: 0 });
}
