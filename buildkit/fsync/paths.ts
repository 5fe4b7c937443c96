/** The paths of the protocol, which have `/` on every platform. */
import { cleanPath } from "../../base/paths.ts";

/** Go's path.Join: empty parts left out, then cleaned; empty when all are. */
export function join(...parts: string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  return joined === "" ? "" : cleanPath(joined);
}

/**
 * Makes a string with one character for each byte. It sorts as the bytes do, and serves as a key.
 */
export function byteString(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    out += String.fromCharCode.apply(null, bytes.subarray(at, at + 4096) as unknown as number[]);
  }
  return out;
}

/** The bytes of such a string, and a NUL behind them. */
export function toCString(byteString: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(byteString.length + 1);
  for (let i = 0; i < byteString.length; i++) out[i] = byteString.charCodeAt(i);
  return out;
}

/** Such a string, or a path, cut into folder and name. The folder of a name alone is empty. */
export function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}
