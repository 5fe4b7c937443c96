/** URLs of git repositories, with `#REF:FOLDER` or a query. Pure. */
import { cleanPath } from "../../base/paths.ts";

/** The URL of a folder below the one that a URL names. */
export function urlBelow(url: string, folder: string): string {
  if (folder === ".") return url;
  const hash = url.indexOf("#");
  const query = hash < 0 ? url.match(/[?&]subdir=([^&]*)/) : null;
  if (query) {
    const below = cleanPath(`${decodeURIComponent(query[1]!)}/${folder}`);
    const [, start, , end] = url.match(/^(.*[?&])(subdir=[^&]*)(.*)$/s)!;
    return `${start}subdir=${encodeURIComponent(below)}${end}`;
  }
  const base = hash < 0 ? url : url.slice(0, hash);
  const [ref, subdir = ""] = hash < 0 ? ["", ""] : splitFragment(url.slice(hash + 1));
  return `${base}#${ref}:${cleanPath(`${subdir}/${folder}`).replace(/^\//, "")}`;
}

function splitFragment(fragment: string): [ref: string, folder: string] {
  const colon = fragment.indexOf(":");
  return colon < 0 ? [fragment, ""] : [fragment.slice(0, colon), fragment.slice(colon + 1)];
}

/** The host that a URL, or `user@host:path`, leads to; undefined for none. */
export function hostOf(url: string): string | undefined {
  const scheme = url.match(/^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/?#]+)/i);
  if (scheme) return scheme[1];
  return url.match(/^[\w-]+@([A-Za-z0-9.-]+):/)?.[1] ??
    (url.startsWith("github.com/") ? "github.com" : undefined);
}
