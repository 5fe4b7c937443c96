import { pause } from "../base/async.ts";
import { osReason } from "../base/os_reason.ts";
import { bytesOfText } from "../base/raw_bytes.ts";
import { terminalText } from "../base/terminal_text.ts";
import type { Painted } from "./cursor.ts";
import { type Clock, type Input, type Output, OutputClosed } from "./deps.ts";

/** The part of a standard stream that `outputOf` uses. */
export type Stream = Pick<typeof Deno.stdout, "isTerminal" | "write" | "writeSync">;

/**
 * A standard stream of the process as `Output`. A terminal gets no control character but those that
 * `paint` is given as `Control`; a pipe or a file gets everything as it is.
 * @param name what errors call the stream
 */
export function outputOf(stream: Stream, name: string): Output {
  const isTerminal = stream.isTerminal();
  const filter = isTerminal ? terminalText() : undefined;
  const safe = (text: string) => filter === undefined ? text : filter.text(text);

  function send(text: string): void {
    let bytes = bytesOfText(text);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSome(stream, bytes));
    } catch (error) {
      throw unwritten(error, name);
    }
  }

  async function sendBytes(bytes: Uint8Array): Promise<void> {
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await stream.write(bytes));
    } catch (error) {
      // The caller knows what these bytes are, and names it in its error.
      throw closed(error) ?? error;
    }
  }

  return {
    isTerminal,
    write: (text) => send(safe(text)),
    paint: (parts) => send(parts.map((part) => textOf(part, safe)).join("")),
    writeBytes: (bytes) =>
      sendBytes(filter === undefined ? bytes : bytesOfText(filter.bytes(bytes))),
    writeRaw: sendBytes,
    size() {
      if (!isTerminal) return undefined;
      try {
        const { columns, rows } = Deno.consoleSize();
        return columns > 0 && rows > 0 ? { columns, rows } : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** Standard input as `Input`. */
export function inputOf(stream: typeof Deno.stdin): Input {
  return {
    get isTerminal() {
      return stream.isTerminal();
    },
    read: (into) => stream.read(into),
    setRaw: (on) => stream.setRaw(on),
  };
}

/** Calls `react` when the terminal takes another size, until it is disposed. */
export function onResize(react: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  Deno.addSignalListener("SIGWINCH", react);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", react) };
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: pause,
};

function textOf(part: Painted, safe: (text: string) => string): string {
  return typeof part === "string" ? safe(part) : part.sequence;
}

/**
 * Writes some bytes. A full pipe that another program made non-blocking is tried again a little
 * later.
 */
function writeSome(stream: Stream, bytes: Uint8Array): number {
  while (true) {
    try {
      return stream.writeSync(bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function unwritten(error: unknown, name: string): Error {
  return closed(error) ??
    new Error(`cannot write to ${name}: ${osReason(error)}`, { cause: error });
}

function closed(error: unknown): OutputClosed | undefined {
  return error instanceof Deno.errors.BrokenPipe
    ? new OutputClosed("the reader of the output has gone", { cause: error })
    : undefined;
}
