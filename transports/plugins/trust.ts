/**
 * Checks the owner of a plugin. A plugin runs with the user's rights, so anyone who may write to
 * its file, or replace the file, has these rights, too. Therefore root or the user must own each
 * part of the path, from `/` on and through every link. Nobody else may have write access to a
 * part. So only root or the user can change a file between its check and its run.
 */
import { maybe } from "../../base/maybe.ts";
import { shellWord } from "../../base/shell_word.ts";

/** A reason not to run a file, and the remedy. */
export interface Problem {
  readonly problem: string;
  readonly hint: string;
}

/** The most links in one path, as in Linux; more links are a loop. */
const MOST_LINKS = 40;
/** The most files that a module may import, directly and through other files. */
const MOST_MODULES = 1000;

/**
 * The reason why a file must not be run; undefined for a trusted file. The interpreter in its first
 * line is checked, too, as are all files that a module imports by a literal path. `imports.ts`
 * checks the other imports when they happen.
 * @param whole the file's name in the problem
 */
export function distrust(path: string, whole = "it"): Problem | undefined {
  const judged = new Set<string>();
  const waiting = [{ path, name: whole }];
  for (let next; (next = waiting.pop()) !== undefined;) {
    const { path: at, name } = next;
    if (judged.has(at)) continue;
    judged.add(at);
    if (judged.size > MOST_MODULES) {
      return {
        problem: `it imports more than ${MOST_MODULES} files`,
        hint: "bundle it into one file",
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

/** Checks one file, and each folder and link of its path. */
function distrustPath(path: string, name: string): Problem | undefined {
  try {
    const parts = path.split("/").filter(Boolean);
    if (Deno.build.os !== "windows") {
      const problem = distrustParts(parts, name);
      if (problem !== undefined) return problem;
    }
    // The text of an import may be the beginning of a computed path: a folder.
    if (Deno.statSync(path).isFile || name !== "it") return undefined;
    return { problem: `${name} is not a file`, hint: "give the path of the plugin itself" };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return {
        problem: `${name} can't be read: ${(error as Error).message}`,
        hint: "check the path",
      };
    }
    // Nobody else can create the missing import, because its folders passed the check.
    return name === "it" ? { problem: "there is no such file", hint: "check the path" } : undefined;
  }
}

/** @param parts the non-empty parts of the path */
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

/** Checks a file, a folder or a link by itself. */
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
  // A link has no mode. In a folder like /tmp (mode 1777), other users can't replace our files.
  if (isSymlink || (isDirectory && (mode & 0o1000) !== 0)) return undefined;
  const [group, others] = [(mode & 0o020) !== 0, (mode & 0o002) !== 0];
  if (!group && !others) return undefined;
  const who = others ? "everyone" : "its group";
  return {
    problem: `${name} can be written to by ${who}`,
    hint: `run: chmod ${group ? "g" : ""}${others ? "o" : ""}-w ${shellWord(path)}`,
  };
}

/** The beginning of a file, as long as Linux reads it for an interpreter's name (256 bytes). */
function beginningOf(path: string): string {
  const text = maybe(() => {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(256);
    return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  });
  // A user may be allowed to run a program, but not to read it.
  return text ?? "";
}

/**
 * The files that a module imports by a literal path. A text that only looks like an import counts
 * as one, so that at worst one file too many is checked.
 */
function importsOf(module: string): string[] {
  const base = new URL("file://");
  base.pathname = module.replaceAll("%", "%25");
  const text = maybe(() => Deno.readTextFileSync(module));
  if (text === undefined) return [];
  const imports = text.matchAll(
    /\b(?:from|import)\s{0,99}\(?\s{0,99}(["'`])((?:\.{0,2}\/|file:)[^"'`]*)\1/g,
  );
  return [...imports].flatMap(([, , specifier]) => {
    const url = URL.parse(specifier!, base);
    if (url?.protocol !== "file:") return [];
    return [maybe(() => decodeURIComponent(url.pathname)) ?? url.pathname];
  });
}
