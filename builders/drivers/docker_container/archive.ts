import { joinBytes } from "../../../base/bytes.ts";
import { byKey } from "../../../base/by_key.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../base/tar.ts";
import { CONFIG_DIR } from "../../making/config_paths.ts";

/** A tar with the files below the name of the daemon's folder. */
export function archiveOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const top = CONFIG_DIR.slice(CONFIG_DIR.lastIndexOf("/") + 1);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const folders = new Set<string>();
  for (const [path, bytes] of Object.entries(files).sort(byKey)) {
    const names = [top, ...path.split("/")];
    names.slice(0, -1).forEach((_, i) => {
      const folder = `${names.slice(0, i + 1).join("/")}/`;
      if (folders.has(folder)) return;
      folders.add(folder);
      parts.push(tarHeader({ name: folder, mode: 0o755, size: 0 }));
    });
    const { length } = bytes;
    parts.push(tarHeader({ name: names.join("/"), mode: 0o644, size: length }));
    parts.push(bytes.slice(), tarPadding(length));
  }
  parts.push(tarEnd());
  return joinBytes(parts);
}
