import type { Output } from "../../../cli/deps.ts";

/** An output that is no terminal and gives its text to a function; bytes are dropped. */
export function outputTo(write: (text: string) => void): Output {
  return {
    isTerminal: false,
    write,
    paint() {},
    writeBytes: () => Promise.resolve(),
    writeRaw: () => Promise.resolve(),
    size: () => undefined,
  };
}
