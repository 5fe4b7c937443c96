/** One policy: compiled modules, and the folder that its imports and functions read. */
import type { Engine, EngineAnswer, EngineLog, Need } from "./engine.ts";
import type { Meta, MetaRequest, PolicyPlatform, Source } from "./source_meta.ts";

/** A file of a policy. */
export interface PolicyModule {
  /** The file's name in OPA's messages. */
  readonly name: string;
  /** A file's bytes as they are: OPA checks the encoding itself. */
  readonly text: string | Uint8Array;
}

/** The facts about the build that a policy sees: `input.env`. */
export interface PolicyEnv {
  readonly args?: Readonly<Record<string, string | null>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly filename?: string;
  readonly target?: string;
}

/**
 * The folder of a policy. Resolves to undefined for an absent file; rejects with `PolicyFileError`
 * for one that can't be read, or that lies outside.
 */
export type PolicyFiles = (path: string, limit: number) => Promise<Uint8Array | undefined>;

/** The host's answers to a policy's needs. */
export interface PolicyHost {
  /** Absent for a policy without a folder. */
  readonly files?: PolicyFiles;
  /** Asks the daemon about a dependency that a provenance names. */
  material(request: MetaRequest): Promise<Meta>;
  /** A verified signature of the file with this checksum, or null; see `attestationFinder`. */
  attestation(need: Need, checksum: string): Promise<unknown>;
}

/** A source that a policy is asked about. */
interface CheckOptions {
  readonly source: Source;
  readonly meta?: Meta | undefined;
  readonly platform?: PolicyPlatform | undefined;
  readonly defaultPlatform?: PolicyPlatform | undefined;
  readonly env: PolicyEnv;
  /** Collects OPA's trace. */
  readonly explain?: boolean;
}

/** A decision, or a request for metadata that the decision needs. */
export interface CheckResult {
  readonly action?: "ALLOW" | "DENY" | "CONVERT";
  readonly messages: readonly string[];
  /** The source that replaces a converted one. */
  readonly update?: Source;
  readonly request?: MetaRequest;
  readonly logs: readonly EngineLog[];
  readonly trace: readonly string[];
}

/** A policy that could not be compiled or evaluated; the message is OPA's own. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  constructor(message: string, readonly logs: readonly EngineLog[] = []) {
    super(message);
  }
}

/** A file of a policy that is no readable file of its folder; the message is Go's. */
export class PolicyFileError extends Error {
  override readonly name = "PolicyFileError";
  /** @param doing the part of the work that failed */
  constructor(readonly doing: "stat" | "read", message: string) {
    super(message);
  }
}

/** The file for a function, which is undefined for any file that can't be read. */
export async function readable(
  files: PolicyFiles | undefined,
  path: string,
  limit: number,
): Promise<Uint8Array | undefined> {
  try {
    return await files?.(path, limit);
  } catch (error) {
    if (error instanceof PolicyFileError) return undefined;
    throw error;
  }
}

/** How long one evaluation may take, in milliseconds. */
const LONGEST_EVALUATION = 30_000;
/** The largest number of rounds of a request; each round brings at least one new input. */
const MOST_NEEDS = 1000;

/** A compiled policy. */
export interface Policy extends Disposable {
  /** The engine's number for the policy. */
  readonly number: number;
  check(options: CheckOptions): Promise<CheckResult>;
  /** The policy's requirements for the whole build: `exec.proxy`. */
  caps(env: PolicyEnv): Promise<{
    readonly caps: Readonly<Record<string, boolean>>;
    readonly logs: readonly EngineLog[];
  }>;
  /**
   * Sends any request about this policy to the engine, and supplies its needs. Throws
   * `PolicyError`.
   */
  ask(request: Readonly<Record<string, unknown>>, checksum?: string): Promise<EngineAnswer>;
}

/** Compiles a policy. Throws `PolicyError`. @param print keeps print statements */
export async function compilePolicy(
  engine: Engine,
  modules: readonly PolicyModule[],
  host: PolicyHost,
  { print, loaded = false }: { print: boolean; loaded?: boolean },
): Promise<Policy> {
  const { files } = host;
  const imports: Record<string, { text?: string; problem?: string }> = {};
  const texts = modules.map(({ name, text }) => ({
    name,
    text: (typeof text === "string" ? new TextEncoder().encode(text) : text).toBase64(),
  }));
  const compile = { modules: texts, imports, hasFiles: files !== undefined, print, loaded };
  const { policy } = await answered(() => engine.call({ compile }), async ({ key }) => {
    try {
      const bytes = await files!(key, LONGEST_MODULE);
      imports[key] = bytes ? { text: bytes.toBase64() } : {};
    } catch (error) {
      if (!(error instanceof PolicyFileError)) throw error;
      imports[key] = { problem: error.message };
    }
  });
  const tables = {
    files: {} as Record<string, string | null>,
    materials: {} as Record<string, Meta>,
    attestations: {} as Record<string, unknown>,
  };
  const meet = (checksum: string) => async (need: Need) => {
    if (need.kind === "file") {
      const bytes = await readable(files, need.key, need.limit ?? LONGEST_MODULE);
      tables.files[need.key] = bytes?.toBase64() ?? null;
    } else if (need.kind === "material") {
      tables.materials[need.key] = await host.material(need.source as MetaRequest);
    } else {
      tables.attestations[need.key] = await host.attestation(need, checksum) ?? null;
    }
  };
  const limits = { milliseconds: LONGEST_EVALUATION };
  const ask = (request: Readonly<Record<string, unknown>>, checksum = "") =>
    answered(() => engine.call({ ...withTables(request), policy }), meet(checksum));
  function withTables(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(request).map(([key, value]) => [
        key,
        typeof value === "object" ? { ...value, ...tables, ...limits } : value,
      ]),
    );
  }
  return {
    number: policy as number,
    ask,
    async check(options) {
      const checksum = options.meta?.http?.checksum ?? "";
      // A signature is verified for one checksum only.
      tables.attestations = {};
      const answer = await ask({ check: options }, checksum);
      return {
        messages: [],
        logs: [],
        trace: [],
        ...answer as Partial<CheckResult>,
      };
    },
    async caps(env) {
      const answer = await ask({ check: { env } });
      const { caps = {} } = answer as { caps?: Record<string, boolean> };
      return { caps, logs: answer.logs ?? [] };
    },
    [Symbol.dispose]() {
      try {
        engine.call({ policy, release: true });
      } catch {
        // A module that was stopped keeps nothing.
      }
    },
  };
}

/** The largest size of an imported module, in bytes. */
const LONGEST_MODULE = 4 << 20;

/**
 * Repeats the request until the engine has no needs. Throws `PolicyError` for the engine's error.
 */
async function answered(
  ask: () => EngineAnswer,
  meet: (need: Need) => Promise<void>,
): Promise<EngineAnswer> {
  for (let turn = 0; turn < MOST_NEEDS; turn++) {
    const answer = ask();
    if (answer.needs === undefined) {
      if (answer.error !== undefined) {
        // A panic of the engine comes with its stack, which says nothing to the user.
        throw new PolicyError(answer.error.split("\ngoroutine ", 1)[0]!.trimEnd(), answer.logs);
      }
      return answer;
    }
    for (const need of answer.needs) await meet(need);
  }
  throw new PolicyError(`the policy reads more than ${MOST_NEEDS} files and sources`);
}
