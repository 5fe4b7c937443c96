/**
 * What the reading of a definition needs of the world (`bake/` reads no file and no environment),
 * and what it gives back. The way of a run, each step a file of `definition/`:
 * `readDefinition(files, options): Promise<Definition>`, then
 * `resolveTargets(definition, request): Resolved`, then `printTargets(resolved): string`.
 */
import type { Group, Target } from "./target.ts";

/** A definition file's text, and the name that errors give and that tells its kind. */
export interface DefinitionFile {
  readonly name: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** How compose files come in. */
export interface ComposeReader {
  /**
   * Why this is no compose file; undefined when it is one. Asked for `.yaml` and `.yml`, where a
   * reason fails the run, and for names that tell nothing, where a reason leaves the file to HCL.
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
  /** Relative contexts start at the folder of the file that wrote them. */
  readonly fileRelativePaths?: boolean;
  readonly compose: ComposeReader;
  /** Whether the daemon fetches this context itself: http and git. */
  readonly isRemote: (context: string) => boolean;
  /** For `homedir()`. */
  readonly home: () => string;
}

/** A variable of the definition, for `--list`. */
export interface Variable {
  readonly name: string;
  readonly description: string;
  /** Empty for one that declares none. */
  readonly type: string;
  /** As text, collections in JSON; undefined for null. */
  readonly value: string | undefined;
}

/** All files, merged; targets are as written: nothing is inherited, no default filled in. */
export interface Definition {
  readonly targets: readonly Target[];
  readonly groups: readonly Group[];
  readonly variables: readonly Variable[];
}

/** What is asked of a definition. */
export interface Request {
  /** Names and patterns of the command line. */
  readonly names: readonly string[];
  /** Values of `--set`, and those the shorthand flags stand for, in the order given. */
  readonly overrides: readonly string[];
  /** The environment, for `--set T.args.NAME`. */
  readonly env: (name: string) => string | undefined;
}

/** The targets that will be built, by name; linked ones and their users among them. */
export interface Resolved {
  readonly targets: Map<string, Target>;
  readonly groups: Map<string, Group>;
  /** Targets that are there only because another's `contexts` names them. */
  readonly linked: ReadonlySet<string>;
  /** What `--set` named, and thereby allowed. */
  readonly allowed: Allowed;
}

export interface Allowed {
  readonly read: string[];
  readonly write: string[];
  networkHost: boolean;
  securityInsecure: boolean;
}
