import { parseFloat64 } from "./float.ts";

const binary: Record<string, number> = {
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
};

/**
 * A size as docker's go-units reads it, in bytes: `64m`, `1gb`, `1.5GiB`, `512`, `10 k`, `1e3mb`.
 * Units are binary, however they are spelled. Throws an Error with go-units' text, and also for a
 * size that exceeds 64 bits. go-units turns that into a negative size, and then a prune would keep
 * nothing.
 */
export function parseBytes(text: string): number {
  const digits = /^(.*[0-9. ])([^0-9. ]*)$/s.exec(text);
  if (!digits) throw new Error(`invalid size: '${text}'`);
  const number = digits[1]!.endsWith(" ") ? digits[1]!.slice(0, -1) : digits[1]!;
  const suffix = digits[2]!.length > 3 ? digits[2]! : digits[2]!.toLowerCase();
  const size = parseFloat64(number);
  if (size < 0) throw new Error(`invalid size: '${text}'`);
  const unit = suffix === "" || suffix === "b" ? 1 : binary[suffix[0]!];
  if (unit === undefined || !/^(b|.(b|ib)?)?$/.test(suffix)) {
    throw new Error(`invalid suffix: '${suffix}'`);
  }
  const bytes = Math.trunc(size * unit);
  if (bytes < 2 ** 63) return bytes;
  throw new Error(`invalid size: '${text}' does not fit into 64 bits`);
}

/**
 * A size in bytes as go-units' `BytesSize` prints it: four digits at most, binary units, `1.5GiB`.
 */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]);
}

/** A size in bytes as go-units' `HumanSize` prints it: decimal units, `1.5GB`. */
export function formatDecimalBytes(bytes: number): string {
  return scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]);
}

function scaled(size: number, base: number, names: readonly string[]): string {
  let index = 0;
  while (size >= base && index < names.length - 1) {
    size /= base;
    index++;
  }
  return general(size) + names[index];
}

/** C's `%.4g` for the sizes that occur: 0 to 1023.99, and larger only beyond the last unit. */
function general(size: number): string {
  const text = size.toPrecision(4);
  return text.includes("e") || !text.includes(".") ? text : text.replace(/\.?0+$/, "");
}
