/** Which texts name a context that the daemon fetches itself. Pure. */

/** `user@host:path`, as ssh and git have it; the query and the fragment are BuildKit's. */
const scp = /^[\w-]+@[A-Za-z0-9.-]+:(.*?)(?:\?(.*?))?(?:#(.*))?$/;

/** A file over http or https; what it is, the daemon finds out. */
export function isHttp(text: string): boolean {
  return text.startsWith("https://") || text.startsWith("http://");
}

/** Anything that is fetched by the daemon: http, and git in all forms. */
export function isRemote(text: string): boolean {
  if (isHttp(text)) return true;
  if (text.startsWith("./") || text.startsWith("../") || isPlain(text)) return false;
  return /^(?:git|ssh):\/\//i.test(text) || text.startsWith("github.com/") || scp.test(text);
}

/** Most contexts: a path without a colon. Known without patterns, whose first use takes its time. */
function isPlain(text: string): boolean {
  return !text.includes(":") && !text.startsWith("github.com/");
}

/** A git repository; over http it is known by its name, which ends in `.git`. */
export function isGit(text: string): boolean {
  return isHttp(text) ? /^[^?#]*\.git(?:[?#]|$)/.test(text) : isRemote(text);
}

/** A git repository that is reached by ssh: it needs an agent. */
export function isGitOverSsh(text: string): boolean {
  if (isPlain(text)) return false;
  return /^ssh:\/\//i.test(text) || !/^[a-z0-9]+:\/\//i.test(text) && scp.test(text);
}

/** Whether the URL says by a query what to take of the repository: old frontends don't know that. */
export function hasQuery(text: string): boolean {
  const query = /^[a-z0-9]+:\/\//i.test(text)
    ? text.replace(/#.*$/s, "").match(/\?(.+)$/s)?.[1]
    : text.match(scp)?.[2];
  return Boolean(query);
}
