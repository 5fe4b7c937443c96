/** Recognizes the texts of contexts that the daemon fetches. Pure. */

/** `user@host:path`, as ssh and git write it. The query and the fragment are BuildKit's. */
const scp = /^[\w-]+@[A-Za-z0-9.-]+:(.*?)(?:\?(.*?))?(?:#(.*))?$/;

/** A file over http or https, of a kind that the daemon finds out. */
export function isHttp(text: string): boolean {
  return text.startsWith("https://") || text.startsWith("http://");
}

/** Anything that the daemon fetches: http, and git in all forms. */
export function isRemote(text: string): boolean {
  if (isHttp(text)) return true;
  if (text.startsWith("./") || text.startsWith("../") || isPlain(text)) return false;
  return /^(?:git|ssh):\/\//i.test(text) || text.startsWith("github.com/") || scp.test(text);
}

/**
 * Most contexts are paths without a colon. No pattern is used here, because the first one costs
 * time.
 */
function isPlain(text: string): boolean {
  return !text.includes(":") && !text.startsWith("github.com/");
}

/** A git repository. Over http, its name ends in `.git`. */
export function isGit(text: string): boolean {
  return isHttp(text) ? /^[^?#]*\.git(?:[?#]|$)/.test(text) : isRemote(text);
}

/** A git repository over ssh, which needs an agent. */
export function isGitOverSsh(text: string): boolean {
  if (isPlain(text)) return false;
  return /^ssh:\/\//i.test(text) || !/^[a-z0-9]+:\/\//i.test(text) && scp.test(text);
}

/** The frontend's capability to read the query of a git URL. Old frontends lack it. */
export const QUERY_CAPABILITY = "moby.buildkit.frontend.gitquerystring";

/** Whether a query of the URL selects a part of the repository. */
export function hasQuery(text: string): boolean {
  const query = /^[a-z0-9]+:\/\//i.test(text)
    ? text.replace(/#.*$/s, "").match(/\?(.+)$/s)?.[1]
    : text.match(scp)?.[2];
  return Boolean(query);
}
