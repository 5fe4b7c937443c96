/**
 * Checks of the entries that a daemon sends, independent of their use. Each check is a separate
 * pass over the entries, in their order, and throws {@link FsyncError} that names the path. The
 * only other protection of the disk against a hostile daemon is that writing follows no link
 * (`dest.ts`).
 */
import { byteString } from "../../base/bytes.ts";
import { splitPath } from "./paths.ts";
import { FsyncError, text } from "./errors.ts";
import { Mode, type Stat } from "./packet.ts";

/** A pass over entries. */
export type Check = (stat: Stat) => void;

/** Checks that a path is relative and clean, stays below the root, and may exist on this system. */
export function checkPath(stat: Stat): void {
  const refuse = (reason: string) => {
    throw new FsyncError("accept the path", text(stat.path), reason);
  };
  const path = byteString(stat.path);
  if (path === "") refuse("it is empty");
  if (path.startsWith("/")) refuse("it is absolute");
  if (path.includes("\0")) refuse("it contains a NUL");
  const parts = path.split("/");
  if (parts.includes("..")) refuse("it leads out of the folder");
  if (parts.includes("") || parts.includes(".")) refuse("it is not clean");
  if (Deno.build.os === "windows" && parts.some((part) => windowsRefuses.test(part))) {
    refuse("Windows has no such names");
  }
}

/**
 * Characters and devices that are no names there, and the trailing dots and spaces that it drops.
 */
// deno-lint-ignore no-control-regex
const windowsRefuses = /[<>:"|?*\\\x01-\x1f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Checks that the mode is that of a file, folder, link, FIFO or device, and of one only. */
export function checkMode(stat: Stat): void {
  const type = (stat.mode & Mode.type) >>> 0;
  const known = [0, Mode.dir, Mode.symlink, Mode.pipe, Mode.device, Mode.device | Mode.charDevice];
  if (!known.includes(type)) {
    throw new FsyncError(
      "accept",
      text(stat.path),
      `its mode 0x${stat.mode.toString(16)} is of no known type`,
    );
  }
  if (type === Mode.symlink && (stat.linkname.length === 0 || stat.linkname.includes(0))) {
    throw new FsyncError("accept", text(stat.path), "it is a link whose target is not a path");
  }
}

/**
 * Checks that each entry comes after its folder, with siblings strictly in the order of their
 * bytes, and none in a folder that was left. So no path comes twice, and no entry lies in something
 * other than a folder.
 */
export function makeOrderCheck(): Check {
  const open: { folder: string; last: string }[] = [{ folder: "", last: "" }];
  return (stat) => {
    const path = byteString(stat.path);
    const { folder, name } = splitPath(path);
    let depth = open.length - 1;
    while (depth > 0 && open[depth]!.folder !== folder) depth--;
    const found = open[depth]!;
    if (found.folder !== folder || found.last >= name) {
      throw new FsyncError("accept", text(stat.path), "it is out of order, or was sent before");
    }
    open.length = depth + 1;
    found.last = name;
    if ((stat.mode & Mode.dir) !== 0) open.push({ folder: path, last: "" });
  };
}
