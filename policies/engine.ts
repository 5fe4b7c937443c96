/**
 * The policy engine: a WebAssembly module that is asked by JSON. `policies/engine/` is its source.
 */
import { ModuleExit, wasi } from "./wasi.ts";

/** A line for the policy's vertex. */
export interface EngineLog {
  readonly level: "debug" | "info" | "warn";
  readonly text: string;
}

/** A missing input of the engine; see `Need` in `policies/engine/main.go`. */
export interface Need {
  readonly kind: "file" | "material" | "attestation";
  readonly key: string;
  readonly limit?: number;
  readonly repository?: string;
  readonly source?: unknown;
}

/** An answer; its fields depend on the operation. */
export type EngineAnswer = {
  readonly error?: string;
  readonly needs?: readonly Need[];
  readonly logs?: readonly EngineLog[];
} & Readonly<Record<string, unknown>>;

/** Answers requests one by one, because the module has one thread. */
export interface Engine {
  /** Throws `EngineError` when the module itself fails; it can't be used after that. */
  call(request: Readonly<Record<string, unknown>>): EngineAnswer;
}

/** A failure of the module: it was stopped because of its policy, or fairlead has a bug. */
class EngineError extends Error {
  override readonly name = "EngineError";
}

/** The most memory that the module may take, in pages of 64 KiB. */
const MOST_PAGES = 8192;
/**
 * The milliseconds after which a call is stopped. The module itself ends evaluations earlier, but
 * not within one function, such as a template of nested loops.
 */
const LONGEST_CALL = 35_000;

interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  alloc(size: number): number;
  call(at: number, size: number): bigint;
}

/** Starts the engine from the bytes of its module. @param longest milliseconds, for tests */
export async function startEngine(
  bytes: Uint8Array<ArrayBuffer>,
  longest = LONGEST_CALL,
): Promise<Engine> {
  const module = await WebAssembly.compile(bytes);
  const names = WebAssembly.Module.imports(module).map(({ name }) => name);
  let end = Infinity;
  const system = wasi(names, (memory) => {
    if (performance.now() > end) {
      throw new EngineError("the policy was stopped: it ran longer than its time limit");
    }
    checkMemory(memory);
  });
  const instance = await WebAssembly.instantiate(module, {
    wasi_snapshot_preview1: system.imports as WebAssembly.ModuleImports,
  });
  const exports = instance.exports as unknown as Exports;
  system.attach(exports.memory);
  let broken: unknown;
  try {
    exports._initialize();
  } catch (error) {
    throw new EngineError("the policy engine could not start", { cause: error });
  }
  return {
    call(request) {
      if (broken !== undefined) {
        throw new EngineError("the policy engine failed earlier", { cause: broken });
      }
      end = performance.now() + longest;
      try {
        const text = new TextEncoder().encode(JSON.stringify(request));
        const at = exports.alloc(text.length) >>> 0;
        new Uint8Array(exports.memory.buffer, at, text.length).set(text);
        const packed = exports.call(at, text.length);
        const start = Number(BigInt.asUintN(64, packed) >> 32n);
        const length = Number(packed & 0xffffffffn);
        const answer = new Uint8Array(exports.memory.buffer, start, length).slice();
        checkMemory(exports.memory);
        return JSON.parse(new TextDecoder().decode(answer)) as EngineAnswer;
      } catch (error) {
        broken = error;
        if (error instanceof EngineError) throw error;
        if (error instanceof RangeError) {
          throw new EngineError("the policy is nested too deeply", { cause: error });
        }
        const why = error instanceof ModuleExit || error instanceof WebAssembly.RuntimeError
          ? error.message.split("\n", 1)[0]
          : String(error);
        throw new EngineError(`the policy engine failed: ${why}`, { cause: error });
      }
    },
  };
}

function checkMemory({ buffer }: WebAssembly.Memory): void {
  if (buffer.byteLength > MOST_PAGES * 65536) {
    throw new EngineError("the policy needs more than 512 MiB of memory");
  }
}
