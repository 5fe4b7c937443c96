/** The paths of the protocol, which have `/` on every platform. */
import { cleanPath } from "../../base/paths.ts";
import { text } from "./errors.ts";

/** Go's path.Join: empty parts left out, then cleaned; empty when all are. */
export function join(...parts: string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  return joined === "" ? "" : cleanPath(joined);
}

/** The bytes of a path that `byteString` made, and a NUL behind them. */
export function toCString(byteString: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(byteString.length + 1);
  for (let i = 0; i < byteString.length; i++) out[i] = byteString.charCodeAt(i);
  return out;
}

/** The bytes of such a path. */
export function bytesOf(byteString: string): Uint8Array<ArrayBuffer> {
  return toCString(byteString).subarray(0, -1);
}

/** Such a path as messages show it. */
export const shownPath = (byteString: string): string => text(bytesOf(byteString));

/** A path, cut into folder and name. The folder of a name alone is empty. */
export function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}
