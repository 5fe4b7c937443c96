import type { Input } from "../../cli/deps.ts";

/** The same bytes, compressed at the reader's pace. */
export function gzipped(source: Pick<Input, "read">): Pick<Input, "read"> {
  const plain = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const bytes = new Uint8Array(64 * 1024);
      const n = await source.read(bytes);
      if (n === null) controller.close();
      else controller.enqueue(bytes.subarray(0, n));
    },
  });
  const reader = plain.pipeThrough(new CompressionStream("gzip")).getReader();
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
