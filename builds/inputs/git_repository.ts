/**
 * Reads the files of a git checkout. No git program is needed or started
 * (https://git-scm.com/docs/gitrepository-layout). In the new "reftable" format of refs, the commit
 * stays unknown.
 */
import { isAbsolute } from "../../base/paths.ts";
import { maybe } from "../../base/maybe.ts";

/** A checkout. */
export interface Checkout {
  /** The work tree, without symbolic links. */
  readonly root: string;
  /** The commit of HEAD; undefined before the first. */
  readonly commit: string | undefined;
  /**
   * The URL of its remote: the branch's remote, or `origin`, or `upstream`. The URL may contain a
   * password.
   */
  readonly remote: string | undefined;
}

/** The checkout of a folder; undefined for a folder outside of any. */
export type CheckoutOf = (folder: string) => Checkout | undefined;

/** Finds the checkout of each folder once, because targets of bake often share folders. */
export function checkouts(): CheckoutOf {
  const found = new Map<string, Checkout | undefined>();
  return (folder) => {
    if (!found.has(folder)) found.set(folder, findCheckout(folder));
    return found.get(folder);
  };
}

function findCheckout(folder: string): Checkout | undefined {
  const start = realPath(folder);
  for (let root = start; root !== undefined; root = above(root)) {
    const gitDir = gitDirOf(root);
    if (gitDir === undefined) continue;
    const common = join(gitDir, read(`${gitDir}/commondir`)?.trim() ?? ".");
    const head = symbolic(read(`${gitDir}/HEAD`));
    const branch = head?.match(/^refs\/heads\/(.+)$/)?.[1];
    const config = parseConfig(read(`${common}/config`) ?? "");
    return {
      root,
      commit: resolve("HEAD", gitDir, common),
      remote: remoteOf(config, branch),
    };
  }
  return undefined;
}

/**
 * `.git` is the repository. In a worktree or a submodule it is a file with the repository's path.
 */
function gitDirOf(root: string): string | undefined {
  const path = join(root, ".git");
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    // Most levels have no `.git`, and every build reads them.
    if (error instanceof Deno.errors.NotFound) return undefined;
    return read(`${path}/HEAD`) === undefined ? undefined : path;
  }
  const target = text.match(/^gitdir: (.+?)\s*$/)?.[1];
  if (target === undefined) return undefined;
  const gitDir = join(root, target);
  return read(`${gitDir}/HEAD`) !== undefined ? gitDir : undefined;
}

/** The commit that a ref leads to. A worktree has its own HEAD, and shares the other refs. */
function resolve(ref: string, gitDir: string, common: string): string | undefined {
  for (let hops = 0; hops < 5; hops++) {
    const text = read(`${gitDir}/${ref}`) ?? read(`${common}/${ref}`) ??
      packed(read(`${common}/packed-refs`) ?? "", ref);
    const next = symbolic(text);
    if (next === undefined) {
      const commit = text?.trim();
      return commit && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit) ? commit : undefined;
    }
    ref = next;
  }
  return undefined;
}

function symbolic(text: string | undefined): string | undefined {
  return text?.match(/^ref: (\S+)\s*$/)?.[1];
}

function packed(text: string, ref: string): string | undefined {
  const line = text.split("\n").find((line) => line.endsWith(` ${ref}`) && !line.startsWith("#"));
  return line?.split(" ", 1)[0];
}

/** Values by `section.subsection.key`; section and key in lower case. The last one holds. */
type Config = ReadonlyMap<string, string>;

function remoteOf(config: Config, branch: string | undefined): string | undefined {
  const tracked = branch !== undefined && config.has(`branch.${branch}.merge`)
    ? config.get(`branch.${branch}.remote`)
    : undefined;
  for (const name of [tracked, "origin", "upstream"]) {
    const url = name && config.get(`remote.${name}.url`);
    if (url) return url;
  }
  return undefined;
}

/** https://git-scm.com/docs/git-config#_syntax, without includes. */
function parseConfig(text: string): Config {
  const values = new Map<string, string>();
  let section = "";
  for (const line of text.replace(/\\\r?\n/g, "").split(/\r?\n/)) {
    const header = line.match(/^\s*\[([\w.-]+)(?:\s+"((?:\\.|[^"\\])*)")?\]/);
    if (header) {
      const name = header[1]!.toLowerCase();
      section = header[2] === undefined ? name : `${name}.${header[2].replace(/\\(.)/g, "$1")}`;
      continue;
    }
    const pair = line.match(/^\s*([A-Za-z][\w-]*)\s*=\s*(.*)$/);
    if (pair) values.set(`${section}.${pair[1]!.toLowerCase()}`, valueOf(pair[2]!));
  }
  return values;
}

/** A value without quotes and comments. Spaces count inside quotes only. */
function valueOf(text: string): string {
  let value = "";
  for (
    const [, quoted, comment, bare] of text.matchAll(/"((?:\\.|[^"\\])*)"|([#;].*)|([^"#;]+)/g)
  ) {
    if (comment !== undefined) break;
    value += (quoted ?? bare ?? "").replace(/\\(.)/g, "$1");
  }
  return value.trim();
}

function read(path: string): string | undefined {
  return maybe(() => Deno.readTextFileSync(path));
}

function realPath(path: string): string | undefined {
  return maybe(() => Deno.realPathSync(path).replaceAll("\\", "/"));
}

function above(folder: string): string | undefined {
  const slash = folder.lastIndexOf("/");
  if (folder === "/" || slash < 0) return undefined;
  return slash === 0 ? "/" : folder.slice(0, slash);
}

function join(folder: string, path: string): string {
  if (isAbsolute(path)) return path;
  return folder.endsWith("/") ? folder + path : `${folder}/${path}`;
}
