/**
 * Targets and groups of a bake definition. Attributes have the names of bake files and of
 * `--print`. Maps are used instead of objects, because users choose the keys, and one may be
 * `__proto__`.
 */
import type { Attestation } from "../grammar/attestation.ts";
import type { CacheEntry } from "../grammar/cache.ts";
import type { OutputEntry } from "../grammar/output.ts";
import type { PolicyEntry } from "../grammar/policy.ts";
import type { SecretEntry } from "../grammar/secret.ts";
import type { AgentEntry } from "../grammar/ssh.ts";

/** One build, as `--print` shows it. An attribute that is not set is missing. */
export interface Target {
  readonly name: string;
  description?: string;
  /** Parents, in their order. A resolved target has none. */
  inherits?: string[];
  annotations?: string[];
  attest?: Attestation[];
  /** A path, a URL or `cwd://PATH`. A resolved target has one. */
  context?: string;
  contexts?: Map<string, string>;
  /** A resolved target has one. */
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
  /** As written: an element may hold several, with commas between. */
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
  /** The base folders of relative contexts, with `fileRelativePaths`. */
  base?: ContextBase;
}

/** A named list of targets and groups. */
export interface Group {
  readonly name: string;
  description?: string;
  /** Null if the group does not name any. */
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

/** The folders of the files that wrote a target's contexts; "." is one, too. */
export interface ContextBase {
  /** The folder of the target's own block, for a target without `context`. */
  own?: string;
  context?: string;
  /** The target whose `context` this one takes: that target's folder is used. */
  contextOf?: string;
  contexts: Map<string, string>;
}
