/**
 * What a bake definition comes to: targets and groups, with the attributes as bake files and
 * `--print` name them. Maps and not objects: their keys are the user's, `__proto__` among them.
 */
import type { Attestation } from "../grammar/attestation.ts";
import type { CacheEntry } from "../grammar/cache.ts";
import type { OutputEntry } from "../grammar/output.ts";
import type { PolicyEntry } from "../grammar/policy.ts";
import type { SecretEntry } from "../grammar/secret.ts";
import type { AgentEntry } from "../grammar/ssh.ts";

/** One build, as `--print` shows it; an attribute that nobody set is not there. */
export interface Target {
  readonly name: string;
  description?: string;
  /** Parents, in their order; a resolved target has none. */
  inherits?: string[];
  annotations?: string[];
  attest?: Attestation[];
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
  secret?: SecretEntry[];
  ssh?: AgentEntry[];
  /** As they were written: one may hold several with commas between. */
  platforms?: string[];
  output?: OutputEntry[];
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
  policy?: PolicyEntry[];
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

/** The folders of the files that wrote a target's contexts; "." is a folder too. */
export interface ContextBase {
  /** Of the target's own block, for a target without `context`. */
  own?: string;
  context?: string;
  /** The target whose `context` ours was set to: its folder counts. */
  contextOf?: string;
  contexts: Map<string, string>;
}
