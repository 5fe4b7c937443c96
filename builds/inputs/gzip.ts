import { streamOf } from "./stdin.ts";
import type { Input } from "../../cli/deps.ts";

/** The same bytes, compressed at the reader's pace. */
export function gzipped(source: Pick<Input, "read">): Pick<Input, "read"> {
  const reader = streamOf(source).pipeThrough(new CompressionStream("gzip")).getReader();
  let rest = new Uint8Array(0);
  return {
    async read(into) {
      while (rest.length === 0) {
        const { value, done } = await reader.read();
        if (done) return null;
        rest = value;
      }
      const n = Math.min(rest.length, into.length);
      into.set(rest.subarray(0, n));
      rest = rest.subarray(n);
      return n;
    },
  };
}
