/**
 * What a bake definition comes to: targets and groups, with the attributes as bake files and
 * `--print` name them. Maps and not objects: their keys are the user's, `__proto__` among them.
 */

/** One build, as `--print` shows it; an attribute that nobody set is not there. */
export interface Target {
  readonly name: string;
  description?: string;
  /** Parents, in their order; a resolved target has none. */
  inherits?: string[];
  annotations?: string[];
  attest?: Attest[];
  /** A path, a URL or `cwd://PATH`; always there in a resolved target. */
  context?: string;
  contexts?: Map<string, string>;
  /** Always there in a resolved target. */
  dockerfile?: string;
  "dockerfile-inline"?: string;
  args?: Map<string, string>;
  labels?: Map<string, string>;
  tags?: string[];
  "cache-from"?: CacheEntry[];
  "cache-to"?: CacheEntry[];
  target?: string;
  secret?: Secret[];
  ssh?: Ssh[];
  /** As they were written: one may hold several with commas between. */
  platforms?: string[];
  output?: Output[];
  pull?: boolean;
  "no-cache"?: boolean;
  network?: string;
  "no-cache-filter"?: string[];
  "shm-size"?: string;
  ulimits?: string[];
  resources?: Resources;
  call?: string;
  entitlements?: string[];
  "extra-hosts"?: Map<string, string>;
  policy?: Policy[];
  /** Where relative contexts start from, with `fileRelativePaths`. */
  base?: ContextBase;
}

/** A named list of targets and groups. */
export interface Group {
  readonly name: string;
  description?: string;
  /** Null: nothing was said of them. */
  targets: string[] | null;
}

/** A cache of `cache-from` or `cache-to`. */
export interface CacheEntry {
  type: string;
  attrs: Map<string, string>;
}

/** An exporter; `dest` is empty where the result goes to stdout, the daemon or the store. */
export interface Output {
  type: string;
  dest: string;
  attrs: Map<string, string>;
}

/** An attestation; `disabled` is one that is asked not to be made. */
export interface Attest {
  type: string;
  disabled: boolean;
  attrs: Map<string, string>;
}

/** A secret: from a file, a variable of the environment, or by its id when neither is set. */
export interface Secret {
  id: string;
  src: string;
  env: string;
}

/** A forwarded agent or keys; no paths, or one empty path, is the agent of the environment. */
export interface Ssh {
  id: string;
  paths: string[];
}

/** cgroup limits of build steps. */
export interface Resources {
  memory?: string;
  "memory-swap"?: string;
  "cpu-shares"?: bigint;
  "cpu-period"?: bigint;
  "cpu-quota"?: bigint;
  "cpuset-cpus"?: string;
  "cpuset-mems"?: string;
}

/** One entry of `policy`. */
export interface Policy {
  filenames: string[];
  reset: boolean;
  disabled: boolean;
  strict?: boolean;
  logLevel?: string;
}

/** The folders of the files that wrote a target's contexts; "." is a folder too. */
export interface ContextBase {
  /** Of the target's own block, for a target without `context`. */
  own?: string;
  context?: string;
  /** The target whose `context` ours was set to: its folder counts. */
  contextOf?: string;
  contexts: Map<string, string>;
}
