import type { Attestation } from "../../grammar/attestation.ts";
import type { CacheEntry } from "../../grammar/cache.ts";
import type { OutputEntry } from "../../grammar/output.ts";
import type { PolicyEntry } from "../../grammar/policy.ts";
import type { SecretEntry } from "../../grammar/secret.ts";
import type { AgentEntry } from "../../grammar/ssh.ts";
import type { CallMethod } from "./call.ts";
import type { ContextSource, DockerfileSource, NamedContext } from "./source.ts";

/**
 * One build, as its author described it: by the flags of `build` (`commands/build/spec.ts`) or by a
 * target of a bake file (`commands/bake/spec.ts`). `prepare` and the permission checks read it.
 * Paths are relative to the working folder, but those in `ContextSource` and `DockerfileSource` are
 * absolute. Values for the daemon alone, like a platform or an annotation, are the author's text.
 */
export interface BuildSpec {
  readonly context: ContextSource;
  readonly dockerfile: DockerfileSource;
  readonly contexts: readonly NamedContext[];
  readonly policies: readonly PolicyEntry[];
  /** Undefined stands for the value of the environment, and for nothing where it has none. */
  readonly args: ReadonlyMap<string, string | undefined>;
  readonly labels: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
  /** The stage of the Dockerfile; empty for the last one. */
  readonly target: string;
  /** Each text may hold several, with commas between. */
  readonly platforms: readonly string[];
  readonly pull: boolean;
  readonly noCache: boolean;
  readonly noCacheFilter: readonly string[];
  readonly cacheFrom: readonly CacheEntry[];
  readonly cacheTo: readonly CacheEntry[];
  readonly outputs: readonly OutputEntry[];
  /** Add an output that loads the image, or one that pushes it, where there is none. */
  readonly load: boolean;
  readonly push: boolean;
  readonly annotations: readonly string[];
  readonly attestations: readonly Attestation[];
  readonly secrets: readonly SecretEntry[];
  /** Without any, a context that is fetched over ssh gets the agent of the environment. */
  readonly agents: readonly AgentEntry[];
  /** `network.host`, `security.insecure`, `device[=NAME]` and `buildx.local.delete`. */
  readonly entitlements: readonly string[];
  readonly network: string;
  readonly cgroupParent: string;
  /** `host:ip` or `host=ip`. */
  readonly extraHosts: readonly string[];
  /** In bytes; 0 for the daemon's own size. */
  readonly shmSize: number;
  /** `name=soft[:hard]`. */
  readonly ulimits: readonly string[];
  /** `key=value`. */
  readonly resources: readonly string[];
  /** The Dockerfile is only asked about, and nothing is built. */
  readonly call: CallMethod | undefined;
}

/** The build of an author who says nothing beyond the context. */
export const plainBuild: Omit<BuildSpec, "context" | "dockerfile"> = {
  contexts: [],
  policies: [],
  args: new Map(),
  labels: new Map(),
  tags: [],
  target: "",
  platforms: [],
  pull: false,
  noCache: false,
  noCacheFilter: [],
  cacheFrom: [],
  cacheTo: [],
  outputs: [],
  load: false,
  push: false,
  annotations: [],
  attestations: [],
  secrets: [],
  agents: [],
  entitlements: [],
  network: "default",
  cgroupParent: "",
  extraHosts: [],
  shmSize: 0,
  ulimits: [],
  resources: [],
  call: undefined,
};
