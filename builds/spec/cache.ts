/**
 * The caches of a build as the daemon takes them. Types and attributes are the daemon's and pass
 * unchanged. The client adds credentials that only its environment has.
 */
import type { Env } from "../../base/env.ts";
import { isOn } from "../../base/env_bool.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Typed } from "../../buildkit/solve_request.ts";
import type { CacheEntry } from "../../grammar/cache.ts";

/** Keys for S3 that are not in the environment. */
type OtherKeys =
  | (() => { id: string; secret: string; session: string | undefined } | undefined)
  | undefined;

/** The attribute that each type needs. */
const required: Record<string, { readonly from: string; readonly to: string }> = {
  registry: { from: "ref", to: "ref" },
  local: { from: "src", to: "dest" },
};

/**
 * Refuses a cache without the attribute that its type needs. Throws `UsageError`, in buildx's
 * words.
 */
export function checkCaches(entries: readonly CacheEntry[], use: "from" | "to"): void {
  for (const { type, attrs } of entries) {
    const need = required[type]?.[use];
    if (need === undefined || attrs.get(need)) continue;
    const role = use === "from" ? "importer" : "exporter";
    throw new UsageError(`${type} cache ${role} requires ${need}`);
  }
}

/**
 * Adds credentials of the environment, and leaves out a cache that can't work without them.
 * GitHub's cache has a token and a URL only in the steps of a workflow, but the same command line
 * must work elsewhere.
 * @param otherKeys a further place for keys of S3, for when the environment has none
 */
export function completeCaches(
  entries: readonly CacheEntry[],
  env: Env,
  otherKeys?: OtherKeys,
): Typed[] {
  return entries.map(({ type, attrs: map }): Typed => {
    const attrs = Object.fromEntries(map);
    if (type === "gha") addGitHub(attrs, env);
    if (type === "s3") addAws(attrs, env, otherKeys);
    return { type, attrs };
  }).filter(({ type, attrs }) =>
    type !== "gha" || Boolean(attrs["token"] && (attrs["url"] || attrs["url_v2"]))
  );
}

/** https://github.com/actions/toolkit, packages/cache/src/internal/config.ts */
function addGitHub(attrs: Record<string, string>, env: Env): void {
  const version = attrs["version"] ?? (isOn("ACTIONS_CACHE_SERVICE_V2", env) ? "2" : "");
  const results = env("ACTIONS_RESULTS_URL");
  fill(attrs, "token", env("ACTIONS_RUNTIME_TOKEN"));
  if (version === "2") fill(attrs, "url_v2", results);
  fill(attrs, "url", env("ACTIONS_CACHE_URL") ?? results);
}

/**
 * Adds a pair of keys, of the environment or else of another place, unless the author gave a pair.
 */
function addAws(attrs: Record<string, string>, env: Env, others: OtherKeys): void {
  if (attrs["access_key_id"] !== undefined && attrs["secret_access_key"] !== undefined) return;
  const id = env("AWS_ACCESS_KEY_ID") || env("AWS_ACCESS_KEY");
  const secret = env("AWS_SECRET_ACCESS_KEY") || env("AWS_SECRET_KEY");
  const session = env("AWS_SESSION_TOKEN") || undefined;
  const keys = id && secret ? { id, secret, session } : others?.();
  if (!keys) return;
  fill(attrs, "access_key_id", keys.id);
  fill(attrs, "secret_access_key", keys.secret);
  fill(attrs, "session_token", keys.session);
}

function fill(attrs: Record<string, string>, key: string, value: string | undefined): void {
  if (value !== undefined) attrs[key] ??= value;
}
