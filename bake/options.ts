/**
 * The inputs and results of reading a definition. `bake/` itself reads no file and no environment.
 * A run goes through these functions of `definition/`:
 * `readDefinition(files, options): Promise<Definition>`, then
 * `resolveTargets(definition, request): Resolved`, then `printTargets(resolved): string`.
 */
import type { Group, Target } from "./target.ts";

/** A definition file. Its name appears in errors and decides its kind. */
export interface DefinitionFile {
  readonly name: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A reader of compose files. */
export interface ComposeReader {
  /**
   * The reason why a file is no compose file; undefined for a compose file. A reason fails the run
   * for `.yaml` and `.yml`, and leaves files of an unknown kind to HCL.
   */
  refuse(file: DefinitionFile): Promise<string | undefined>;
  /** Reads all compose files, in the order given, as one project. */
  read(files: readonly DefinitionFile[]): Promise<{ targets: Target[]; groups: Group[] }>;
}

export interface ReadOptions {
  /** The value of a variable: `--var` before the environment; undefined when there is none. */
  readonly lookup: (name: string) => string | undefined;
  /** `BAKE_CMD_CONTEXT` and `BAKE_LOCAL_PLATFORM`: nothing overrides them. */
  readonly builtins: ReadonlyMap<string, string>;
  /** Whether relative contexts start at the folder of the definition file. */
  readonly fileRelativePaths?: boolean;
  readonly compose: ComposeReader;
  /** Whether the daemon fetches this context itself: http and git. */
  readonly isRemote: (context: string) => boolean;
  /** Called with each mistake that is no error. Without it, nothing looks for such mistakes. */
  readonly warn?: ((text: string) => void) | undefined;
  /** For `homedir()`. */
  readonly home: () => string;
}

/** A variable of the definition, for `--list`. */
export interface Variable {
  readonly name: string;
  readonly description: string;
  /** Empty for a variable without a type. */
  readonly type: string;
  /** The value as text, or as JSON for a collection; undefined for null. */
  readonly value: string | undefined;
}

/** All files, merged. Targets are as written: without inheritance and defaults. */
export interface Definition {
  readonly targets: readonly Target[];
  readonly groups: readonly Group[];
  readonly variables: readonly Variable[];
}

/** The targets that are requested of a definition. */
export interface Request {
  /** Names and patterns of the command line. */
  readonly names: readonly string[];
  /** Values of `--set`, and those that other flags stand for, in their order. */
  readonly overrides: readonly string[];
  /** The environment, for `--set T.args.NAME`. */
  readonly env: (name: string) => string | undefined;
}

/** The targets that will be built, with those that they link to. */
export interface Resolved {
  readonly targets: Map<string, Target>;
  readonly groups: Map<string, Group>;
  /** Targets that only the `contexts` of others name. */
  readonly linked: ReadonlySet<string>;
  /** Paths and permissions that `--set` named, and so granted. */
  readonly allowed: Allowed;
}

export interface Allowed {
  readonly read: string[];
  readonly write: string[];
  networkHost: boolean;
  securityInsecure: boolean;
}
