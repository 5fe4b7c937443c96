import { fnv } from "../../base/fnv.ts";
import { makeFolder, writeStoreFile } from "./store_file.ts";
import type { ConfigDir } from "./config_dir.ts";

/**
 * The name of this machine for daemons, by which they distinguish equal paths on two machines. It
 * is in buildx's `.buildNodeID` (16 hex digits, 0600, without a line end), which is created if it
 * is missing. If the store can't be written, the name is derived from the host's name, so it is the
 * same for every build.
 */
export function buildNodeId(dir: ConfigDir | undefined): string {
  if (dir === undefined) return fallback();
  const path = `${dir.path}/.buildNodeID`;
  try {
    const id = Deno.readTextFileSync(path).trim();
    if (/^[0-9a-f]{16}$/.test(id)) return id;
  } catch {
    // The file is missing, or not readable for this user.
  }
  const id = crypto.getRandomValues(new Uint8Array(8)).toHex();
  try {
    makeFolder(dir.path, dir.owner);
    writeStoreFile(path, id, { tempDir: dir.path, owner: dir.owner, sync: true });
    return id;
  } catch {
    return fallback();
  }
}

function fallback(): string {
  return fnv(Deno.hostname()).padStart(16, "0");
}
