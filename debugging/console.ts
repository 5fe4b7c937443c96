/** Where the bytes of an interactive program come from, and where they go. */
import { onAbort } from "../base/async.ts";
import { Control } from "../cli/cursor.ts";
import type { Deps } from "../cli/deps.ts";
import { onResize } from "../cli/terminal.ts";
import { terminalModes } from "./terminal_modes.ts";

/** The size of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Takes what the user types. */
export interface Receiver {
  /** A returned promise holds back what follows. */
  bytes(bytes: Uint8Array): void | Promise<void>;
  end(): void;
  resize(size: Size): void;
}

/** A user's side of an interactive program. */
export interface Console {
  readonly isTerminal: boolean;
  size(): Size | undefined;
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Hands the user's input to a receiver, until it is disposed. The bytes that arrive between two
   * waits.
   */
  attach(receiver: Receiver): Disposable;
}

const BUFFER = 32 << 10;

/**
 * The terminal of the process, in raw mode while a receiver is attached; afterwards it is as it
 * was. One reader serves all receivers, because a read of stdin can't be taken back: the next
 * receiver gets its bytes.
 */
export function ownConsole({ stdin, stdout, signal }: Pick<Deps, "stdin" | "stdout" | "signal">) {
  const isTerminal = stdin.isTerminal && stdout.isTerminal;
  let receiver: Receiver | undefined;
  let arrived = Promise.withResolvers<void>();
  let reading: Promise<void> | undefined;
  let ended = false;
  const modes = terminalModes();

  async function read(): Promise<void> {
    const buffer = new Uint8Array(BUFFER);
    for (let count; (count = await stdin.read(buffer).catch(() => null)) !== null;) {
      while (receiver === undefined) await arrived.promise;
      await receiver.bytes(buffer.slice(0, count));
    }
    ended = true;
    receiver?.end();
  }

  const console: Console = {
    isTerminal,
    size: () => stdout.size(),
    write(bytes) {
      if (!isTerminal) return stdout.writeBytes(bytes);
      modes.watch(bytes);
      return stdout.writeRaw(bytes);
    },
    attach(next) {
      receiver = next;
      const restore = () => {
        if (!isTerminal) return;
        stdin.setRaw(false);
        const sequence = modes.undo();
        if (sequence !== "") stdout.paint([new Control(sequence)]);
      };
      if (isTerminal) stdin.setRaw(true);
      // A second signal ends the program without the end of this function's caller.
      globalThis.addEventListener("unload", restore);
      const resizing = isTerminal
        ? onResize(() => {
          const size = stdout.size();
          if (size) next.resize(size);
        })
        : undefined;
      const aborting = onAbort(signal, restore);
      arrived.resolve();
      reading ??= read();
      if (ended) next.end();
      return {
        [Symbol.dispose]() {
          if (receiver === next) {
            receiver = undefined;
            arrived = Promise.withResolvers();
          }
          aborting[Symbol.dispose]();
          resizing?.[Symbol.dispose]();
          globalThis.removeEventListener("unload", restore);
          restore();
        },
      };
    },
  };
  return console;
}
