import { maybe } from "./maybe.ts";
import { absolutePath, parentOf } from "./paths.ts";

/** The destination of a path. */
interface RealPath {
  /** Absolute and without symbolic links, even if the destination does not exist yet. */
  readonly path: string;
  /** The longest part of it that exists. */
  readonly existing: string;
}

/** The number of symbolic links that Linux follows in one path. */
const MOST_LINKS = 40;

/**
 * Where the system would open or create `path`, seen from `cwd`. `link/..` is the folder above the
 * link's destination. A link to something that does not exist yet is followed too: the system
 * creates a file there. A path through more links than the system follows ends at the first one too
 * many, because nothing can be opened there. Windows resolves `..` by the text alone.
 */
export function realPath(path: string, cwd: string): RealPath {
  const whole = Deno.build.os === "windows" ? absolutePath(path, cwd) : `/${inFolder(path, cwd)}`;
  try {
    const real = Deno.realPathSync(whole).replaceAll("\\", "/");
    return { path: real, existing: real };
  } catch {
    const real = followed(whole);
    return { path: real, existing: existingPart(real) };
  }
}

function inFolder(path: string, cwd: string): string {
  return path.startsWith("/") ? path : `${cwd}/${path}`;
}

function followed(whole: string): string {
  const drive = /^[A-Za-z]:/.exec(whole)?.[0] ?? "";
  const left = whole.slice(drive.length).split("/").reverse();
  let at = `${drive}/`;
  let links = 0;
  for (let part; (part = left.pop()) !== undefined;) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = parentOf(at);
      continue;
    }
    const next = at.endsWith("/") ? `${at}${part}` : `${at}/${part}`;
    const link = links < MOST_LINKS ? linkAt(next) : undefined;
    if (link === undefined) {
      at = next;
      continue;
    }
    links++;
    if (link.startsWith("/")) at = `${drive}/`;
    left.push(...link.split("/").reverse());
  }
  return at;
}

function linkAt(path: string): string | undefined {
  return maybe(() =>
    Deno.lstatSync(path).isSymlink ? Deno.readLinkSync(path).replaceAll("\\", "/") : undefined
  );
}

function existingPart(path: string): string {
  for (let at = path;; at = parentOf(at)) {
    if (at === parentOf(at)) return at;
    try {
      Deno.lstatSync(at);
      return at;
    } catch {
      // Look one folder higher.
    }
  }
}
