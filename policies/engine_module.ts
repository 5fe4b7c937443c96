/**
 * Finds the WebAssembly modules of policies: next to the program, or built by Go from a checkout.
 * Each starts when it is first needed.
 */
import { after } from "../base/async.ts";
import type { Env } from "../base/env.ts";
import { type Engine, startEngine } from "./engine.ts";

/** A module isn't available; the message names the missing requirement. */
class NoEngineError extends Error {
  override readonly name = "NoEngineError";
  constructor(message: string, readonly hint: string) {
    super(message);
  }
}

export interface LoadOptions {
  readonly env: Env;
  /** Shows a message to the waiting user while Go builds the module. */
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The evaluator of policies, or the verifier of signatures. */
type ModuleName = "engine" | "signatures";

/** The variables that name a module's file. */
const VARIABLE = {
  engine: "FAIRLEAD_POLICY_ENGINE",
  signatures: "FAIRLEAD_POLICY_SIGNATURES",
} as const;

const loading = new Map<ModuleName, Promise<Engine>>();

/** A module of this process; it starts when it is first needed. Throws `NoEngineError`. */
export function policyModule(name: ModuleName, options: LoadOptions): Promise<Engine> {
  const known = loading.get(name);
  if (known) return known;
  const started = loadModule(name, options).then(startEngine);
  loading.set(name, started);
  return started;
}

async function loadModule(
  name: ModuleName,
  options: LoadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const named = options.env(VARIABLE[name]);
  if (named) return await Deno.readFile(named);
  const shipped = new URL(`./policy-${name}.wasm.br`, import.meta.url);
  let packed: Uint8Array<ArrayBuffer>;
  try {
    packed = await Deno.readFile(shipped);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.readFile(await buildModule(name, options));
  }
  // The types of TypeScript 5.9 don't know brotli yet.
  const unpack = new DecompressionStream("brotli" as CompressionFormat);
  const stream = new Blob([packed]).stream().pipeThrough(unpack);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Builds the module from a checkout; the result is kept outside the checkout. */
async function buildModule(name: ModuleName, { note, signal }: LoadOptions): Promise<string> {
  const script = new URL("../scripts/policy_engine.ts", import.meta.url);
  try {
    await Deno.stat(script);
  } catch {
    throw new NoEngineError(
      `a part of fairlead is missing: policy-${name}.wasm.br is not next to the program`,
      "install fairlead again; its packages contain that file",
    );
  }
  // A module that is already built is found at once.
  const what = name === "engine" ? "the policy engine" : "the verifier of signatures";
  const stop = after(
    2000,
    () => note(`building ${what} with Go, which takes a minute or two and happens only once`),
  );
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script.pathname, name],
    stdin: "null",
    signal,
  }).output().finally(stop);
  signal.throwIfAborted();
  if (success) return new TextDecoder().decode(stdout).trim();
  const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new NoEngineError(
    `${what} could not be built: ${last}`,
    "a checkout needs Go 1.26 on PATH to evaluate policies; released programs contain the modules",
  );
}
