/** `oci-layout://PATH[:TAG][@DIGEST]`: an image in a folder of this machine, as a build context. */
import { findManifest, LayoutError, onlyManifest } from "./oci_index.ts";

/** A text of that form, taken apart. */
export interface LayoutRef {
  readonly path: string;
  /** Empty when only a digest is given; `latest` when neither is. */
  readonly tag: string;
  /** Empty when the index is to be asked. */
  readonly digest: string;
}

const PREFIX = "oci-layout://";
const digestAtEnd = /^(.*)@([a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,})$/s;
const tagAtEnd = /^(.*):(\w[\w.-]{0,127})$/s;

/** Undefined for a text of another form. */
export function parseLayoutRef(text: string): LayoutRef | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  let path = text.slice(PREFIX.length), tag = "", digest = "";
  const pinned = path.match(digestAtEnd);
  if (pinned) [, path, digest] = pinned as unknown as [string, string, string];
  const tagged = path.match(tagAtEnd);
  // A single letter before the colon is a drive of Windows.
  if (tagged) [, path, tag] = tagged as unknown as [string, string, string];
  return { path, tag: tag || (digest === "" ? "latest" : ""), digest };
}

/**
 * The digest that a reference means in the layout at `folder`: of its tag, else of the only
 * manifest there is. Throws `LayoutError`.
 */
export function resolveLayout(
  folder: string,
  { path, tag, digest }: LayoutRef,
  text: string,
): string {
  if (digest !== "") return digest;
  try {
    const found = (findManifest(folder, tag) ?? onlyManifest(folder))?.digest;
    if (found === undefined) throw new LayoutError("failed to resolve digest");
    if (!/^[a-z0-9]+:[0-9a-f]{32,}$/.test(found)) throw new LayoutError(`invalid digest ${found}`);
    return found;
  } catch (error) {
    // The folder as it was typed.
    const why = (error as Error).message.replaceAll(`${folder}/`, path === "" ? "" : `${path}/`);
    throw new LayoutError(
      `oci-layout reference ${JSON.stringify(text)} could not be resolved: ${why}`,
    );
  }
}
