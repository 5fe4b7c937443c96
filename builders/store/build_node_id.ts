import { fnv } from "../../base/fnv.ts";
import { makeFolder, writeStoreFile } from "./store_file.ts";
import type { ConfigDir } from "./config_dir.ts";

/**
 * Names this machine towards daemons, so that they tell apart two machines' folders of one name:
 * buildx's `.buildNodeID`, made when it is missing (16 hex digits, 0600, without a line end).
 * Where nothing can be written it is derived from the host's name: the same for every build.
 */
export function buildNodeId(dir: ConfigDir | undefined): string {
  if (dir === undefined) return fallback();
  const path = `${dir.path}/.buildNodeID`;
  try {
    const id = Deno.readTextFileSync(path).trim();
    if (/^[0-9a-f]{16}$/.test(id)) return id;
  } catch {
    // Not there yet, or not for us.
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
