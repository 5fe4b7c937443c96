/**
 * Caches the metadata of a plugin for one state of its file: path, size and time of change. A cache
 * that can't be read or written only costs time.
 */
import { maybe } from "../../base/maybe.ts";
import { writeAtomically } from "../../base/atomic_file.ts";
import { fnv } from "../../base/fnv.ts";
import { homeDir } from "../../base/home.ts";
import type { Env } from "../transport.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";

/** The state of a file: path, size and time of change; undefined if the file can't be read. */
export function stateOf(path: string): string | undefined {
  const info = maybe(() => Deno.statSync(path));
  return info && JSON.stringify([path, info.size, info.mtime?.getTime() ?? 0]);
}

/** The cached metadata for the present state of the file. */
export function readCache(path: string, env: Env): Metadata | undefined {
  const [file, state] = [cacheFile(path, env), stateOf(path)];
  if (file === undefined || state === undefined) return undefined;
  return maybe(() => {
    const kept = JSON.parse(Deno.readTextFileSync(file)) as { state?: unknown; metadata?: unknown };
    return kept.state === state ? parseMetadata(JSON.stringify(kept.metadata)) : undefined;
  });
}

/** Caches metadata. The state must be from before the plugin was asked. */
export function writeCache(path: string, state: string, metadata: Metadata, env: Env): void {
  const file = cacheFile(path, env);
  if (file === undefined) return;
  try {
    Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    writeAtomically(file, JSON.stringify({ state, metadata }), { mode: 0o600 });
  } catch {
    // Without the cache, the plugin is asked again.
  }
}

function cacheFile(path: string, env: Env): string | undefined {
  const given = env("XDG_CACHE_HOME");
  const home = homeDir(env);
  const folder = given?.startsWith("/") ? given : home && `${home}/.cache`;
  return folder === undefined ? undefined : `${folder}/fairlead/transports/${nameOf(path)}.json`;
}

/** The cache file's name for a path, within the 255 bytes that a file name may have. */
function nameOf(path: string): string {
  // The hash is FNV-1a with 64 bits. The file holds the path, so a collision only costs time.
  return `${path.slice(path.lastIndexOf("/") + 1).slice(-60)}-${fnv(path)}`;
}
