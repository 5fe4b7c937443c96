/**
 * The part of WASI preview 1 for a Go module that opens no file and no socket: a clock, random
 * bytes, and output for its last message. All other functions answer that they are not supported.
 *
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 */

const OK = 0, BAD_FILE = 8, NOT_SUPPORTED = 58;
/** The file descriptors to which Go prints a fatal error. */
const STDOUT = 1, STDERR = 2;
/** The module's own name, as C writes it. */
const PROGRAM = new TextEncoder().encode("policy\0");

/** The error for a module that ended by itself; `message` holds its output. */
export class ModuleExit extends Error {
  override readonly name = "ModuleExit";
}

/**
 * The imports of a module, and `attach`, which gives them its memory.
 * @param watch called when the module reads the clock, as Go does whenever it collects garbage; it
 *   throws to end the module
 */
export function wasi(names: readonly string[], watch: (memory: WebAssembly.Memory) => void): {
  readonly imports: Record<string, (...args: never[]) => number>;
  attach(memory: WebAssembly.Memory): void;
} {
  let memory: WebAssembly.Memory;
  let printed = "";
  const view = () => new DataView(memory.buffer);
  const known: Record<string, (...args: never[]) => number> = {
    clock_time_get(clock: number, _precision: bigint, at: number): number {
      watch(memory);
      const ms = clock === 0 ? Date.now() : performance.now();
      view().setBigUint64(at, BigInt(Math.round(ms * 1e6)), true);
      return OK;
    },
    random_get(at: number, length: number): number {
      for (let done = 0; done < length; done += 65536) {
        const part = new Uint8Array(memory.buffer, at + done, Math.min(65536, length - done));
        crypto.getRandomValues(part);
      }
      return OK;
    },
    fd_write(fd: number, vectors: number, count: number, written: number): number {
      if (fd !== STDOUT && fd !== STDERR) return BAD_FILE;
      let total = 0;
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + 8 * i, true);
        const length = view().getUint32(vectors + 8 * i + 4, true);
        total += length;
        if (printed.length < 10_000) {
          printed += new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));
        }
      }
      view().setUint32(written, total, true);
      return OK;
    },
    /** Packages of Go read the program's name while they start. */
    args_sizes_get(count: number, size: number): number {
      view().setUint32(count, 1, true);
      view().setUint32(size, PROGRAM.length, true);
      return OK;
    },
    args_get(pointers: number, at: number): number {
      view().setUint32(pointers, at, true);
      new Uint8Array(memory.buffer, at, PROGRAM.length).set(PROGRAM);
      return OK;
    },
    environ_sizes_get(count: number, size: number): number {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return OK;
    },
    environ_get: () => OK,
    sched_yield: () => OK,
    /**
     * This blocks, because Go waits only for the clock, and no other code could run during the
     * wait.
     */
    poll_oneoff(events: number, out: number, count: number, ready: number): number {
      for (let i = 0; i < count; i++) {
        const user = view().getBigUint64(events + 48 * i, true);
        view().setBigUint64(out + 32 * i, user, true);
        view().setUint16(out + 32 * i + 8, 0, true);
        view().setUint8(out + 32 * i + 10, 0);
      }
      view().setUint32(ready, count, true);
      return OK;
    },
    proc_exit(code: number): number {
      throw new ModuleExit(printed.trim() || `exit code ${code}`);
    },
  };
  const imports: Record<string, (...args: never[]) => number> = {};
  for (const name of names) {
    imports[name] = known[name] ?? (() => name.startsWith("fd_") ? BAD_FILE : NOT_SUPPORTED);
  }
  return {
    imports,
    attach(exported) {
      memory = exported;
    },
  };
}
