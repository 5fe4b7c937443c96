import type { Connect } from "../builders/connect.ts";
import type { Registry } from "../transports/registry.ts";
import type { Painted } from "./cursor.ts";
import type { Env } from "../transports/transport.ts";

/**
 * The process that a command runs in, as one value. `main.ts` alone makes the real one, so a test
 * can run any command inside its own process.
 */
export interface Deps {
  /** The words after the program's name. */
  readonly args: readonly string[];
  /** The name by which docker calls us, as its plugin: `buildx`; absent if docker didn't. */
  readonly plugin?: string;
  /** The value of docker's own flag `--context`; absent if it wasn't typed. */
  readonly context?: string;
  readonly env: Env;
  /** An absolute path. */
  readonly cwd: string;
  readonly stdin: Input;
  /** The output for results. */
  readonly stdout: Output;
  /** The output for progress, warnings, errors and prompts. */
  readonly stderr: Output;
  readonly clock: Clock;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, with an `Interrupted` as its reason. */
  readonly signal: AbortSignal;
  /**
   * Makes sure that signals are listened to, and resolves then. Without this call, that happens 100
   * to 150 ms after the start. Before that, a signal ends the process at once, so code that creates
   * something temporary awaits this first.
   */
  readonly listen: () => Promise<void>;
  /** Makes writes beyond `ulimit -f` fail like writes to a full disk, until the program ends. */
  readonly catchFileSizeLimit: () => void;
  readonly registry: Registry;
  /** Reaches a daemon; loads the gRPC code when it is first called. */
  readonly connect: Connect;
}

/**
 * `deps` with some changes. A spread would read the current folder, which may be gone, and would
 * lose properties that an earlier change inherits.
 */
export function withChanges(deps: Deps, changes: Partial<Deps>): Deps {
  return Object.create(deps, Object.getOwnPropertyDescriptors(changes)) as Deps;
}

/** `deps` whose signal is also aborted with another one. */
export function withSignal(deps: Deps, signal: AbortSignal): Deps {
  return withChanges(deps, { signal: AbortSignal.any([deps.signal, signal]) });
}

export interface Input {
  readonly isTerminal: boolean;
  /** Reads up to `into.length` bytes; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /**
   * Whether a terminal hands every key to the program: no lines, no echo, no Ctrl-C as a signal.
   */
  setRaw(on: boolean): void;
}

export interface Output {
  readonly isTerminal: boolean;
  /**
   * Writes all of `text` before it returns; for a terminal, sequences that move the cursor are
   * removed. Throws `OutputClosed` if the reader is gone.
   */
  write(text: string): void;
  /** Writes text and controls of our own to a terminal, in one write. Throws as `write` does. */
  paint(parts: readonly Painted[]): void;
  /** Writes all of `bytes`; resolves when they are taken. Rejects as `write` throws. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** As `writeBytes`, with all control sequences: the user works in another program's terminal. */
  writeRaw(bytes: Uint8Array): Promise<void>;
  /** The current size of the terminal in characters; undefined if the output is no terminal. */
  size(): { columns: number; rows: number } | undefined;
}

export interface Clock {
  /** Milliseconds since 1970, for dates. */
  now(): number;
  /** Milliseconds since a fixed moment, for durations; this clock never jumps. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A signal ended the run; the reason of the aborted `Deps.signal`. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super("context canceled");
  }
}

/** The reader of stdout or stderr is gone (`fairlead ls | head -1`). */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}
