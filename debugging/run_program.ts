/** Runs a program of a container on a console. */
import { onAbort } from "../base/async.ts";
import type { Container } from "../buildkit/container.ts";
import type { ProcessOptions } from "../buildkit/process.ts";
import type { Console } from "./console.ts";

/** Ctrl-P Ctrl-Q leaves a program, as in docker. */
const DETACH = [0x10, 0x11] as const;

/** How a program ended on its console: with a code, or because the user left it. */
export type Ending = { readonly code: number } | { readonly left: true };

/**
 * Runs a program on a console to its end, or until the user leaves it with Ctrl-P Ctrl-Q. It gets a
 * terminal if the console is one. Rejects with the signal's reason, or the daemon's error.
 */
export async function runProgram(
  container: Container,
  program: Omit<ProcessOptions, "onOutput" | "stdin" | "tty">,
  console: Console,
  signal: AbortSignal,
): Promise<Ending> {
  signal.throwIfAborted();
  // A program that was left may still write.
  let isOver = false;
  const process = await container.start({
    ...program,
    stdin: true,
    tty: console.isTerminal,
    onOutput: async (_, bytes) => isOver ? undefined : await console.write(bytes),
  });
  const left = Promise.withResolvers<Ending>();
  using _ending = onAbort(signal, () => left.reject(signal.reason));
  const keys = console.isTerminal ? detachKeys(() => left.resolve({ left: true })) : undefined;
  using _attached = console.attach({
    bytes: (bytes) => process.write(keys?.(bytes) ?? bytes),
    end: () => process.closeStdin(),
    resize: ({ columns, rows }) => process.resize(columns, rows),
  });
  const size = console.isTerminal ? console.size() : undefined;
  if (size !== undefined) process.resize(size.columns, size.rows);
  try {
    return await Promise.race([process.exit.then((code) => ({ code })), left.promise]);
  } finally {
    isOver = true;
  }
}

/** Takes the two keys out of the input, and calls `detach` for them. */
export function detachKeys(detach: () => void): (bytes: Uint8Array) => Uint8Array {
  let pressed = false;
  return (bytes) => {
    const kept: number[] = [];
    for (const byte of bytes) {
      if (pressed && byte === DETACH[1]) {
        detach();
        return new Uint8Array(kept);
      }
      // The first key alone is the program's, once another one follows.
      if (pressed) kept.push(DETACH[0]);
      pressed = byte === DETACH[0];
      if (!pressed) kept.push(byte);
    }
    return new Uint8Array(kept);
  };
}
