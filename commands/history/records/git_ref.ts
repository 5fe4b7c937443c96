/** A repository and a ref in it, as BuildKit reads them from a build's context. */
export interface GitRef {
  /** Without fragment and query. */
  readonly remote: string;
  /** A commit, tag or branch; empty for the default one. */
  readonly ref: string;
}

/**
 * Reads a git URL by the Dockerfile frontend's rules: `https://…/x.git`, `git://`, `ssh://`,
 * `user@host:path`, `github.com/…`, each with `#REF:SUBDIR` or `?ref=`, `?tag=`, `?branch=`.
 * Undefined for other texts, such as an `https` address that doesn't end in `.git`.
 */
export function parseGitRef(text: string): GitRef | undefined {
  const [address = "", ...fragments] = text.split("#");
  const [bare = "", ...queries] = address.split("?");
  const scheme = /^([a-z]+):\/\//.exec(bare)?.[1];
  if (scheme === "http" || scheme === "https" ? !bare.endsWith(".git") : !isGit(scheme, bare)) {
    return undefined;
  }
  const query = new URLSearchParams(queries.join("?"));
  const prefixed = (key: string, prefix: string) => {
    const value = query.get(key);
    return value === null ? null : value.startsWith(prefix) ? value : prefix + value;
  };
  const [named = ""] = fragments.join("#").split(":");
  const ref = named || query.get("ref") || prefixed("tag", "refs/tags/") ||
    prefixed("branch", "refs/heads/") || "";
  return { remote: bare, ref };
}

function isGit(scheme: string | undefined, bare: string): boolean {
  if (scheme !== undefined) return scheme === "git" || scheme === "ssh";
  return bare.startsWith("github.com/") || /^[\w.-]+@[\w.-]+:(?!\/\/)/.test(bare);
}

/** The address with its ref behind `#`; other texts stay as they are. */
export function shortGitRef(text: string): string {
  const parsed = parseGitRef(text);
  if (parsed === undefined) return text;
  return parsed.ref === "" ? parsed.remote : `${parsed.remote}#${parsed.ref}`;
}
