/** Finds the policy engine's module: next to the program, or built by Go from a checkout. */
import { after } from "../base/async.ts";
import type { Env } from "../base/env.ts";
import { type Engine, startEngine } from "./engine.ts";

/** The engine isn't available; the message names the missing requirement. */
export class NoEngineError extends Error {
  override readonly name = "NoEngineError";
  constructor(message: string, readonly hint: string) {
    super(message);
  }
}

export interface LoadOptions {
  readonly env: Env;
  /** Shows a message to the waiting user while Go builds the engine. */
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

let loading: Promise<Engine> | undefined;

/** The engine of this process; it starts with the first policy. Throws `NoEngineError`. */
export function policyEngine(options: LoadOptions): Promise<Engine> {
  return loading ??= loadModule(options).then(startEngine);
}

async function loadModule(options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const named = options.env("FAIRLEAD_POLICY_ENGINE");
  if (named) return await Deno.readFile(named);
  const shipped = new URL("./policy-engine.wasm.br", import.meta.url);
  let packed: Uint8Array<ArrayBuffer>;
  try {
    packed = await Deno.readFile(shipped);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.readFile(await buildModule(options));
  }
  // The types of TypeScript 5.9 don't know brotli yet.
  const unpack = new DecompressionStream("brotli" as CompressionFormat);
  const stream = new Blob([packed]).stream().pipeThrough(unpack);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Builds the module from a checkout; the result is kept outside the checkout. */
async function buildModule({ note, signal }: LoadOptions): Promise<string> {
  const script = new URL("../scripts/policy_engine.ts", import.meta.url);
  try {
    await Deno.stat(script);
  } catch {
    throw new NoEngineError(
      "the policy engine is missing: policy-engine.wasm.br does not lie beside the program",
      "install fairlead again; its packages bring that file",
    );
  }
  // A module that is already built is found at once.
  const stop = after(2000, () => note("building the policy engine with Go, once: a minute or two"));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script.pathname],
    stdin: "null",
    signal,
  }).output().finally(stop);
  signal.throwIfAborted();
  if (success) return new TextDecoder().decode(stdout).trim();
  const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new NoEngineError(
    `the policy engine could not be built: ${last}`,
    "a checkout needs Go 1.26 on PATH to evaluate policies; released programs bring the engine",
  );
}
