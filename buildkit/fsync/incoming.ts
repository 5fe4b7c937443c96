/** Writes received files in large pieces, under temporary names until they are whole. */
import { atExit } from "../../base/at_exit.ts";
import type { Dest, OutFile } from "./os/dest.ts";
import { FsyncError } from "./errors.ts";
import type { Held } from "./held.ts";
import type { Stat } from "./packet.ts";

/** A requested file. */
export interface Incoming {
  /** In bytes, see `byteString`. */
  readonly path: string;
  readonly stat: Stat;
}

/** Writes files. */
interface Intake {
  /** Appends bytes to a file. A returned promise holds the following packets back. */
  write(file: Incoming, bytes: Uint8Array): void | Promise<void>;
  /** The file is whole: it gets its name. */
  finish(file: Incoming): void | Promise<void>;
  /** Removes one incomplete file: it may be written again. */
  drop(file: Incoming): Promise<void>;
  /** Removes incomplete files. */
  abandon(): Promise<void>;
}

/** A file up to this size that arrives in one piece is written without a copy. */
const whole = 128 * 1024;
/** The size of a write for other files: each open file has two buffers of that size. */
const bufferSize = 512 * 1024;
/** BuildKit sends from four files at once. */
const mostOpen = 64;

interface Open {
  readonly out: OutFile;
  buffer: Uint8Array | undefined;
  filled: number;
  writing: Promise<void> | undefined;
}

/** Makes an intake without open files. */
export function makeIntake(dest: Dest, held: Held): Intake {
  const open = new Map<Incoming, Open>();
  const free: Uint8Array[] = [];
  let staysAtExit = () => {};
  let abandoned = false; // writes that wait must not touch closed files

  function start(file: Incoming): Open {
    if (open.size >= mostOpen) {
      throw new FsyncError(
        "receive",
        "",
        `the builder sends more than ${mostOpen} files at a time`,
      );
    }
    const state: Open = {
      out: dest.createFile(file.path),
      buffer: undefined,
      filled: 0,
      writing: undefined,
    };
    if (open.size === 0) {
      staysAtExit = atExit(() => open.forEach(({ out }) => out.abandon()));
    }
    open.set(file, state);
    return state;
  }

  function forget(file: Incoming): void {
    open.delete(file);
    if (open.size === 0) staysAtExit();
  }

  function makeBuffer(): Uint8Array {
    held.add(bufferSize);
    return new Uint8Array(bufferSize);
  }

  /** Copies into the buffer. The promise is for bytes that did not fit. */
  function gather(state: Open, bytes: Uint8Array): void | Promise<void> {
    state.buffer ??= free.pop() ?? makeBuffer();
    const fits = Math.min(bufferSize - state.filled, bytes.length);
    state.buffer.set(bytes.subarray(0, fits), state.filled);
    state.filled += fits;
    if (state.filled < bufferSize) return;
    // The caller may reuse `bytes` when this returns.
    const rest = bytes.slice(fits);
    return flush(state).then(() => rest.length > 0 && !abandoned ? gather(state, rest) : undefined);
  }

  /** Begins to write the buffer, once the one before is written. */
  async function flush(state: Open): Promise<void> {
    await state.writing;
    const { buffer, filled } = state;
    if (buffer === undefined || abandoned) return;
    state.buffer = undefined;
    state.filled = 0;
    const writing = state.out.writeAsync(buffer.subarray(0, filled)).then(() =>
      void free.push(buffer)
    );
    writing.catch(() => {}); // the next write, or the end of the file, gets the error
    state.writing = writing;
  }

  async function drop(file: Incoming): Promise<void> {
    const { out, writing } = open.get(file) ?? {};
    await writing?.catch(() => {});
    out?.abandon();
    forget(file);
  }

  return {
    drop,
    write(file, bytes) {
      const state = open.get(file) ?? start(file);
      const complete = bytes.length === file.stat.size && bytes.length <= whole;
      if (complete && state.buffer === undefined && state.writing === undefined) {
        state.out.write(bytes);
      } else return gather(state, bytes);
    },
    finish(file) {
      const state = open.get(file) ?? start(file);
      const commit = () => {
        if (abandoned) return;
        state.out.commit(file.stat);
        forget(file);
      };
      if (state.buffer === undefined && state.writing === undefined) return commit();
      return flush(state).then(() => state.writing).then(commit);
    },
    async abandon() {
      abandoned = true;
      for (const file of open.keys()) await drop(file);
    },
  };
}
