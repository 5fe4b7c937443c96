import { textOfBytes } from "../base/raw_bytes.ts";
import type { Output } from "./deps.ts";

/** An output that is not a terminal, and passes all of its text to a function. */
export function outputTo(write: (text: string) => void): Output {
  const bytes = (bytes: Uint8Array) => Promise.resolve(write(textOfBytes(bytes)));
  return {
    isTerminal: false,
    write,
    paint: (parts) => write(parts.filter((part) => typeof part === "string").join("")),
    writeBytes: bytes,
    writeRaw: bytes,
    size: () => undefined,
  };
}
