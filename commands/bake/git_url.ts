/** URLs of git repositories, with `#REF:FOLDER` or a query. Pure. */
import { cleanPath } from "../../base/paths.ts";
import { cut } from "../../base/cut.ts";

/** The URL of a folder below the one that a URL names. */
export function urlBelow(url: string, folder: string): string {
  if (folder === ".") return url;
  const [base, fragment] = cut(url, "#");
  const query = fragment === undefined ? url.match(/[?&]subdir=([^&]*)/) : null;
  if (query) {
    const below = cleanPath(`${decodeURIComponent(query[1]!)}/${folder}`);
    const [, start, , end] = url.match(/^(.*[?&])(subdir=[^&]*)(.*)$/s)!;
    return `${start}subdir=${encodeURIComponent(below)}${end}`;
  }
  const [ref, subdir = ""] = cut(fragment ?? "", ":");
  return `${base}#${ref}:${cleanPath(`${subdir}/${folder}`).replace(/^\//, "")}`;
}

/** The host that a URL, or `user@host:path`, leads to; undefined for none. */
export function hostOf(url: string): string | undefined {
  const scheme = url.match(/^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/?#]+)/i);
  if (scheme) return scheme[1];
  return url.match(/^[\w-]+@([A-Za-z0-9.-]+):/)?.[1] ??
    (url.startsWith("github.com/") ? "github.com" : undefined);
}
