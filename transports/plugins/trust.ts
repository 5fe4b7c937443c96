/**
 * Whom a plugin must belong to. It runs with the user's rights, so whoever may write to its file, or
 * put another in its place, has those rights, too. Therefore root or the user must own each part of its
 * path, from `/` on and through every link, and nobody else may write to one. What is trusted by that
 * rule stays what it is until the user or root changes it: what is run is what was checked.
 */
import { shellWord } from "../../base/shell_word.ts";

/** What is wrong, and the remedy. */
export interface Problem {
  readonly problem: string;
  readonly hint: string;
}

/** As in Linux: more links in one path are a loop. */
const MOST_LINKS = 40;
/** Files that a module may import, itself and through others. */
const MOST_MODULES = 1000;

/**
 * Why the file at a path must not be run; undefined where nothing is wrong. An interpreter that its
 * first line names is judged as well, and so is all that a module imports by a written path.
 */
export function distrust(path: string): Problem | undefined {
  const judged = new Set<string>();
  const waiting = [{ path, name: "it" }];
  for (let next; (next = waiting.pop()) !== undefined;) {
    const { path: at, name } = next;
    if (judged.has(at)) continue;
    judged.add(at);
    if (judged.size > MOST_MODULES) {
      return {
        problem: `it imports more than ${MOST_MODULES} files`,
        hint: "make one file of it",
      };
    }
    const found = distrustPath(at, name);
    if (found !== undefined) return found;
    const text = beginningOf(at);
    const interpreter = /^#![ \t]*(\/\S+)/.exec(text)?.[1];
    if (interpreter !== undefined) {
      waiting.push({ path: interpreter, name: `its interpreter ${interpreter}` });
    }
    if (!/\.[cm]?[jt]sx?$/.test(at)) continue;
    waiting.push(...importsOf(at).map((path) => ({ path, name: `its import ${path}` })));
  }
  return undefined;
}

/** Why one file must not be run, by itself and by each folder and link on the way to it. */
function distrustPath(path: string, name: string): Problem | undefined {
  try {
    const parts = path.split("/").filter(Boolean);
    if (Deno.build.os !== "windows") {
      const problem = distrustParts(parts, name);
      if (problem !== undefined) return problem;
    }
    if (Deno.statSync(path).isFile) return undefined;
    return { problem: `${name} is not a file`, hint: "give the path of the plugin itself" };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return {
        problem: `${name} can't be read: ${(error as Error).message}`,
        hint: "check the path",
      };
    }
    // Nobody else can put a missing import there: its folders were judged before.
    return name === "it" ? { problem: "there is no such file", hint: "check the path" } : undefined;
  }
}

/** @param parts the path's, without empty ones */
function distrustParts(parts: readonly string[], name: string): Problem | undefined {
  const left = [...parts];
  let at = "";
  let links = 0;
  const root = distrustOne("/", "its folder /");
  if (root !== undefined) return root;
  while (left.length > 0) {
    const part = left.shift()!;
    if (part === ".") continue;
    if (part === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      continue;
    }
    const next = `${at}/${part}`;
    const isLink = Deno.lstatSync(next).isSymlink;
    const shown = isLink ? `the link ${next}` : left.length > 0 ? `its folder ${next}` : name;
    const problem = distrustOne(next, shown);
    if (problem !== undefined) return problem;
    if (!isLink) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) throw new Error("too many links");
    const target = Deno.readLinkSync(next);
    if (target.startsWith("/")) at = "";
    left.unshift(...target.split("/").filter(Boolean));
  }
  return undefined;
}

/** A file, a folder or a link by itself. */
function distrustOne(path: string, name: string): Problem | undefined {
  const { uid, mode, isSymlink, isDirectory } = Deno.lstatSync(path);
  const me = Deno.uid();
  if (me === null || uid === null || mode === null) return undefined;
  if (uid !== 0 && uid !== me) {
    const whose = me === 0 ? "not root" : "neither root nor you";
    return {
      problem: `${name} belongs to user ${uid}, ${whose}`,
      hint: `if you trust it, run: chown ${isSymlink ? "-h " : ""}${me} ${shellWord(path)}`,
    };
  }
  // A link has no mode. In a folder such as /tmp (mode 1777), others can't replace what isn't theirs.
  if (isSymlink || (isDirectory && (mode & 0o1000) !== 0)) return undefined;
  const [group, others] = [(mode & 0o020) !== 0, (mode & 0o002) !== 0];
  if (!group && !others) return undefined;
  const who = others ? "everyone" : "its group";
  return {
    problem: `${name} can be written to by ${who}`,
    hint: `run: chmod ${group ? "g" : ""}${others ? "o" : ""}-w ${shellWord(path)}`,
  };
}

/** As much of a file as Linux reads for the name of an interpreter. */
function beginningOf(path: string): string {
  try {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(256);
    return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch {
    // A program may be run by who can't read it.
    return "";
  }
}

/**
 * The files that a module imports by a path that is written in it. A text that only looks like an
 * import is taken for one, which at worst judges a file too many.
 */
function importsOf(module: string): string[] {
  const base = new URL("file://");
  base.pathname = module.replaceAll("%", "%25");
  let text: string;
  try {
    text = Deno.readTextFileSync(module);
  } catch {
    return [];
  }
  const imports = text.matchAll(
    /\b(?:from|import)\s{0,99}\(?\s{0,99}(["'`])((?:\.{0,2}\/|file:)[^"'`]*)\1/g,
  );
  return [...imports].flatMap(([, , specifier]) => {
    const url = URL.parse(specifier!, base);
    return url?.protocol === "file:" ? [decoded(url.pathname)] : [];
  });
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
