import { osReason } from "../../base/os_reason.ts";
import { type ByteOutput, Gatherer, OutputError, type OutputSink } from "./output_sink.ts";

/** The part of a file that standard output has. */
interface Writer {
  /** Writes at least one byte and resolves to how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes bytes into a writer that stays open afterwards: standard output. Written bytes can't be
 * taken back, so `discard` leaves them.
 * @param name the writer's name in errors
 */
export function pipeOutput(writer: Writer, name = "standard output"): ByteOutput {
  return {
    open: () => pipeSink(writer, name),
    commit: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

function pipeSink(writer: Writer, name: string): OutputSink {
  const gatherer = new Gatherer(async (bytes) => {
    try {
      return await writer.write(bytes);
    } catch (error) {
      throw new OutputError(`cannot write to ${name}: ${osReason(error)}`, { cause: error });
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
