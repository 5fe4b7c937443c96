/**
 * Followed paths: the daemon asks for some paths (a COPY's sources, the Dockerfile) without knowing
 * which of them are links. Each is resolved here, one component at a time. Every link on the way,
 * and the final target, become includes.
 *
 * Links stay inside the root: absolute targets begin there, and `..` cannot leave it. In a
 * component with wildcards, matching links are followed; the component itself stays as a pattern.
 */
import { byteString } from "../../base/bytes.ts";
import { maybe } from "../../base/maybe.ts";
import { filepathMatch } from "../../base/go/path_match.ts";
import { join, shownPath } from "./paths.ts";
import { cString, Errno, errnoText, fileStat, S, type Sys } from "./os/sys.ts";
import { FsyncError, text } from "./errors.ts";
import { cut } from "../../base/cut.ts";
import { cleanPath } from "../../base/paths.ts";
import { makeSlices } from "./stream.ts";

/**
 * Resolves to the includes with which `paths`, relative to the folder `root`, are sent with all
 * targets of their links. They are sorted, without those inside another one. Undefined when one of
 * them is the root itself, because then nothing is left out. Rejects with {@link FsyncError} for a
 * folder or link that cannot be read, and with the signal's reason. A path that does not exist is
 * included unchanged.
 */
export async function followLinks(
  sys: Sys,
  root: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<string[] | undefined> {
  const resolved = new Set<string>();
  const open = [...paths].reverse(); // a stack: chains of links may be longer than calls can nest
  // A daemon may name a million paths, each of which matches the names of a folder.
  const slice = makeSlices(6);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    open.push(...follow(path));
    await slice();
    signal?.throwIfAborted();
  }
  // UTF-8's order differs from that of JavaScript's strings beyond U+FFFF.
  const byBytes = [...resolved].map((path) => byteString(new TextEncoder().encode(path))).sort();
  return dedupe(byBytes.map(shownPath));

  /** Resolves a path up to its first link. Returns the paths behind the link, last one first. */
  function follow(path: string): string[] {
    let rest = cleanPath(`./${path}`);
    let current = ".";
    for (;;) {
      const [first, behind = ""] = cut(rest, "/");
      current = join(current, first);
      rest = behind;
      const targets = targetsOf(sys, root, current);
      if (targets === undefined && rest !== "") continue;
      if (resolved.has(current)) return [];
      resolved.add(current);
      return (targets ?? []).map((target) => join(target, rest)).reverse();
    }
  }
}

/** Drops entries that lie inside the entry before them. The list's order stays, as in Go. */
export function dedupe(paths: readonly string[]): string[] | undefined {
  const out: string[] = [];
  let last = "";
  for (const path of paths) {
    if (path === ".") return undefined;
    if (path.startsWith(`${last}/`)) continue;
    out.push(path);
    last = path;
  }
  return out;
}

/** The targets of the links that the path's last component matches; undefined for no link. */
function targetsOf(sys: Sys, root: string, path: string): string[] | undefined {
  // The root itself and what lies outside of it have no links here.
  if (path === "." || path === ".." || path.startsWith("../")) return undefined;
  const slash = path.lastIndexOf("/");
  const folder = slash < 0 ? "." : path.slice(0, slash);
  const base = path.slice(slash + 1);
  if (!hasWildcard(base)) return linkTarget(sys, root, path, folder);
  let found: string[] | undefined;
  for (const name of namesIn(sys, root, folder)) {
    if (!matches(base, name)) continue;
    const target = linkTarget(sys, root, join(folder, name), folder);
    if (target !== undefined) (found ??= []).push(...target);
  }
  return found;
}

function linkTarget(sys: Sys, root: string, path: string, folder: string): string[] | undefined {
  const name = cString(`${root}/${path}`);
  const stat = fileStat();
  const result = sys.lstat(name, stat);
  if (result < 0) return absent(result, path);
  if ((stat.mode & S.mask) !== S.symlink) return undefined;
  const target = new Uint8Array(4096);
  const length = sys.readLink(name, target);
  if (length < 0) return absent(length, path);
  const link = cleanPath(text(target.subarray(0, length)));
  return [link.startsWith("/") ? link : join("/", folder, link)];
}

function namesIn(sys: Sys, root: string, folder: string): string[] {
  const names: string[] = [];
  const result = sys.readDir(cString(folder === "." ? root : `${root}/${folder}`), names);
  if (result < 0) absent(result, folder);
  return names.sort().map((name) => shownPath(name.slice(0, -2)));
}

function absent(result: number, path: string): undefined {
  if (result === -Errno.ENOENT || result === -Errno.ENOTDIR) return undefined;
  const { code, text: reason } = errnoText(result);
  throw new FsyncError("follow", path, reason, code);
}

function matches(pattern: string, name: string): boolean {
  // A broken pattern is reported when it is used as an include.
  return maybe(() => filepathMatch(pattern, name)) ?? false;
}

function hasWildcard(name: string): boolean {
  return /[*?[]/.test(Deno.build.os === "windows" ? name : name.replace(/\\[^]/g, ""));
}
