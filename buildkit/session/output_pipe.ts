import { osReason } from "../../base/os_reason.ts";
import { type ByteOutput, Gatherer, OutputError, type OutputSink } from "./output_sink.ts";

/**
 * Writes bytes to standard output, which stays open. Written bytes can't be taken back, so
 * `discard` leaves them.
 * @param write writes at least one byte, and resolves to the number of written bytes
 */
export function pipeOutput(write: (bytes: Uint8Array) => Promise<number>): ByteOutput {
  function open(): OutputSink {
    const gatherer = new Gatherer(async (bytes) => {
      try {
        return await write(bytes);
      } catch (error) {
        const reason = osReason(error);
        throw new OutputError(`cannot write to standard output: ${reason}`, { cause: error });
      }
    });
    return {
      write: (bytes) => gatherer.write(bytes),
      close: () => gatherer.close(),
      abort() {
        // The write under way is not awaited: the pipe may never have a reader again.
        void gatherer.abort();
        return Promise.resolve();
      },
    };
  }
  return { open, commit: () => Promise.resolve(), discard: () => Promise.resolve() };
}
