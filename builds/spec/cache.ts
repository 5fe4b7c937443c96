/**
 * `--cache-from` and `--cache-to`: where the daemon reads and writes its build cache. Types and
 * attributes are the daemon's and pass as they are; what the client adds is credentials that only
 * its environment has.
 */
import { isOn } from "../../cli/env_bool.ts";
import { UsageError } from "../../base/usage_error.ts";
import { csvFields } from "../../base/go/csv.ts";
import { quote } from "../../base/go/quote.ts";

/** One place of cache, as the daemon takes it. */
export interface CacheEntry {
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
}

type Env = (name: string) => string | undefined;

/** Keys for S3 that are not in the environment. */
type OtherKeys =
  | (() => { id: string; secret: string; session: string | undefined } | undefined)
  | undefined;

/** What each type can't do without. */
const required: Record<string, { readonly from: string; readonly to: string }> = {
  registry: { from: "ref", to: "ref" },
  local: { from: "src", to: "dest" },
};

/** Reads every value of a flag, and that it has what its type can't do without. Throws `UsageError`. */
export function parseCaches(texts: readonly string[], use: "from" | "to"): CacheEntry[] {
  const entries = readCaches(texts);
  for (const { type, attrs } of entries) {
    const need = required[type]?.[use];
    if (need === undefined || attrs[need]) continue;
    const role = use === "from" ? "importer" : "exporter";
    throw new UsageError(`${type} cache ${role} requires ${need}`);
  }
  return entries;
}

/**
 * Reads every value of a flag: `type=T,key=value…`, or references of a registry with commas between.
 * Empty ones are skipped. Throws `UsageError`, in buildx's words.
 */
export function readCaches(texts: readonly string[]): CacheEntry[] {
  return texts.filter((text) => text !== "").flatMap((text) => {
    if (text.includes("=")) return [readCache(text)];
    // Each field is read as a text of its own.
    return csvFields(text).flatMap((line) => csvFields(line)).map((ref) => ({
      type: "registry",
      attrs: { ref },
    }));
  });
}

function readCache(text: string): CacheEntry {
  let type = "";
  const attrs: Record<string, string> = {};
  for (const field of csvFields(text)) {
    const equals = field.indexOf("=");
    if (equals < 0) throw new UsageError(`invalid value ${field}`);
    const key = field.slice(0, equals).toLowerCase();
    const value = field.slice(equals + 1);
    if (key === "type") type = value;
    else attrs[key] = value;
  }
  if (type === "") throw new UsageError(`type required for ${quote(text)}`);
  return { type, attrs };
}

/**
 * Adds what the environment knows, and leaves out what can't work without it: GitHub's cache has a
 * token and a URL in a workflow's steps only, and the same command line must work outside of one.
 * @param otherKeys where keys for S3 are that the environment hasn't
 */
export function completeCaches(
  entries: readonly CacheEntry[],
  env: Env,
  otherKeys?: OtherKeys,
): CacheEntry[] {
  return entries.map((entry) => {
    if (entry.type === "gha") return withGitHub(entry, env);
    return entry.type === "s3" ? withAws(entry, env, otherKeys) : entry;
  }).filter(({ type, attrs }) =>
    type !== "gha" || Boolean(attrs["token"] && (attrs["url"] || attrs["url_v2"]))
  );
}

/** https://github.com/actions/toolkit, packages/cache/src/internal/config.ts */
function withGitHub(entry: CacheEntry, env: Env): CacheEntry {
  const attrs = { ...entry.attrs };
  const version = attrs["version"] ?? (isOn("ACTIONS_CACHE_SERVICE_V2", env) ? "2" : "");
  const results = env("ACTIONS_RESULTS_URL");
  fill(attrs, "token", env("ACTIONS_RUNTIME_TOKEN"));
  if (version === "2") fill(attrs, "url_v2", results);
  fill(attrs, "url", env("ACTIONS_CACHE_URL") ?? results);
  return { ...entry, attrs };
}

/** Keys for S3: those of the environment, else others; a pair that was given is not mixed with them. */
function withAws(entry: CacheEntry, env: Env, others: OtherKeys): CacheEntry {
  const attrs = { ...entry.attrs };
  if (attrs["access_key_id"] !== undefined && attrs["secret_access_key"] !== undefined) {
    return entry;
  }
  const id = env("AWS_ACCESS_KEY_ID") || env("AWS_ACCESS_KEY");
  const secret = env("AWS_SECRET_ACCESS_KEY") || env("AWS_SECRET_KEY");
  const session = env("AWS_SESSION_TOKEN") || undefined;
  const keys = id && secret ? { id, secret, session } : others?.();
  if (!keys) return entry;
  fill(attrs, "access_key_id", keys.id);
  fill(attrs, "secret_access_key", keys.secret);
  fill(attrs, "session_token", keys.session);
  return { ...entry, attrs };
}

function fill(attrs: Record<string, string>, key: string, value: string | undefined): void {
  if (value !== undefined) attrs[key] ??= value;
}
