/** The end of a program, and of a stream that a program was behind. */
import { type ByteStream, streamClosed } from "../byte_stream.ts";
import { type DialError, StreamLost } from "../errors.ts";

/** How a program ended. */
export interface Ending {
  /** The exit code; 0 if a signal ended the program. */
  readonly code: number;
  readonly signal: string | undefined;
}

/** Whether a program ended otherwise than with exit code 0. */
export function hasFailed({ code, signal }: Ending): boolean {
  return code !== 0 || signal !== undefined;
}

/** Describes a program's end, with the last lines of its stderr, as the end of a sentence. */
export function describeEnding({ code, signal }: Ending, stderr: string): string {
  const how = signal === undefined ? `failed with exit code ${code}` : `was ended by ${signal}`;
  return how + said(stderr);
}

/** The last lines of stderr, as the end of a message. */
export function said(stderr: string): string {
  if (stderr === "") return "";
  const lines = stderr.split("\n");
  return lines.length === 1 ? `: ${stderr}` : `:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

/**
 * Gives the far side's end a reason: reads, and writes that break, throw the error that `failure`
 * finds. After the first byte, that error is a `StreamLost`.
 * @param failure called once, at the end; resolves to undefined for a good end
 */
export function explainEnd(
  stream: ByteStream,
  failure: () => Promise<DialError | undefined>,
): ByteStream {
  let [any, closed] = [false, false];
  let failed: Promise<DialError | undefined> | undefined;
  const find = async () => {
    const error = await (failed ??= failure());
    return error && any ? new StreamLost(error.problem, error.hint, { cause: error.cause }) : error;
  };
  return {
    ...stream,
    async read(into) {
      const count = await stream.read(into);
      any ||= count !== null;
      if (count !== null) return count;
      const error = await find();
      if (closed) throw streamClosed();
      if (error !== undefined) throw error;
      return null;
    },
    async write(from) {
      try {
        return await stream.write(from);
      } catch (error) {
        throw closed ? error : await find() ?? error;
      }
    },
    close() {
      closed = true;
      stream.close();
    },
  };
}
