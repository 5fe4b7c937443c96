const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes as BuildKit prints them: decimal units with two decimals, whole bytes below 1000. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes}B` : `${value.toFixed(2)}${UNITS[unit]}`;
}

/** `5.1MB / 20.0MB`, `5.1MB` when the total isn't known, nothing when nothing is counted. */
export function formatAmount(current: number, total: number): string {
  if (total !== 0) return `${formatBytes(current)} / ${formatBytes(total)}`;
  return current !== 0 ? formatBytes(current) : "";
}

/** Milliseconds as `1.2s`. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}
