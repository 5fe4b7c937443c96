import { formatPlatform, parsePlatform } from "../../../builders/platforms.ts";
import { Code } from "../../../buildkit/grpc/status.ts";
import { csvFields } from "../../../base/go/csv.ts";
import { parseBool } from "../../../base/go/bool.ts";
import { quote } from "../../../base/go/quote.ts";
import type { Moment } from "../../../base/go/time.ts";
import type { Attachment } from "../records/attachments.ts";
import type { Failure } from "./failure.ts";
import { buildName } from "../records/build_name.ts";
import type { LocalState } from "../records/local_state.ts";
import type { Material } from "./materials.ts";
import { cleanPath, relativeTo } from "../../../base/paths.ts";
import { elapsed, type HistoryRecord } from "../records/records.ts";

export interface Pair {
  readonly Name: string;
  readonly Value: string;
}

/** The data of `history inspect`, with the names and the order of buildx's JSON. */
export type Inspection = ReturnType<typeof inspection>;

export interface InspectionSources {
  readonly state: LocalState | undefined;
  readonly cwd: string;
  readonly failure: Failure | undefined;
  readonly materials: readonly Material[];
  readonly attachments: readonly Attachment[];
}

/** Collects the data about a build. */
export function inspection(found: HistoryRecord, sources: InspectionSources) {
  const { record } = found;
  const errors: string[] = [];
  const attrs = new Attributes(record.FrontendAttrs, errors);
  attrs.take("frontend.caps");
  const place = placeOf(attrs, sources);
  return {
    Name: buildName(record.FrontendAttrs, sources.state),
    Ref: record.Ref,
    ...place,
    Target: attrs.take("target"),
    Platform: attrs.parsed("platform", platforms) ?? [],
    KeepGitDir: attrs.parsed("build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR", parseBool) ?? false,
    NamedContexts: attrs.below("context:"),
    StartedAt: record.CreatedAt as Moment | undefined,
    CompletedAt: record.CompletedAt as Moment | undefined,
    /** Nanoseconds. */
    Duration: elapsed(found) ?? 0n,
    Status: stateOf(found),
    Error: errorOf(found, sources.failure),
    NumCompletedSteps: record.numCompletedSteps,
    NumTotalSteps: record.numTotalSteps,
    NumCachedSteps: record.numCachedSteps,
    BuildArgs: attrs.below("build-arg:"),
    Labels: attrs.below("label:"),
    Config: configOf(attrs),
    Materials: sources.materials,
    Attachments: sources.attachments.map(({ digest, platform, type }) => ({
      Digest: digest,
      Platform: platform,
      Type: type,
    })),
    Errors: errors,
  };
}

function stateOf({ record }: HistoryRecord): "completed" | "running" | "failed" | "canceled" {
  if (record.error !== undefined) {
    return record.error.code === Code.CANCELLED ? "canceled" : "failed";
  }
  return record.CompletedAt === undefined ? "running" : "completed";
}

function errorOf({ record: { error } }: HistoryRecord, failure: Failure | undefined) {
  if (error === undefined && failure === undefined) return undefined;
  return {
    Code: error?.code ?? 0,
    Message: error?.message ?? "",
    Name: failure?.step ?? "",
    Logs: failure?.logs ?? [],
    Sources: failure?.sources ?? "",
    Stack: failure?.stack ?? "",
  };
}

/** The source of the build: from this machine's note, else from the record. */
function placeOf(attrs: Attributes, { state, cwd }: InspectionSources) {
  const noted = state?.LocalPath ?? "";
  let context = noted === "" ? "" : relativeTo(cwd, noted);
  let file = state?.DockerfilePath ?? "";
  if (file !== "" && file !== "-") file = relativeTo(noted, file);
  if (context === "") context = attrs.take("context");
  const filename = attrs.take("filename");
  if (file === "" && filename !== "") {
    const folder = attrs.get("vcs:localdir:dockerfile");
    file = folder ? cleanPath(`${folder}/${filename}`) : filename;
  }
  const fromGit = attrs.get("context") === undefined;
  return {
    Context: context,
    Dockerfile: file,
    VCSRepository: (fromGit && attrs.get("vcs:source")) || "",
    VCSRevision: (fromGit && attrs.get("vcs:revision")) || "",
  };
}

function configOf(attrs: Attributes) {
  const noCache = attrs.get("no-cache");
  attrs.take("no-cache");
  // If both attributes exist, the second one counts.
  const byArg = attrs.parsed("build-arg:BUILDKIT_MULTI_PLATFORM", parseBool) ?? false;
  return {
    Network: attrs.take("force-network-mode"),
    ExtraHosts: attrs.parsed("add-hosts", csvFields) ?? [],
    Hostname: attrs.take("hostname"),
    CgroupParent: attrs.take("cgroup-parent"),
    ImageResolveMode: attrs.take("image-resolve-mode"),
    MultiPlatform: attrs.parsed("multi-platform", parseBool) ?? byArg,
    NoCache: noCache === "",
    NoCacheFilter: noCache ? noCache.split(",") : [],
    ShmSize: attrs.take("shm-size"),
    Ulimit: attrs.take("ulimit"),
    Memory: attrs.take("memory"),
    MemorySwap: attrs.take("memswap"),
    CPUShares: attrs.take("cpushares"),
    CPUPeriod: attrs.take("cpuperiod"),
    CPUQuota: attrs.take("cpuquota"),
    CPUSetCPUs: attrs.take("cpusetcpus"),
    CPUSetMems: attrs.take("cpusetmems"),
    CacheMountNS: attrs.take("build-arg:BUILDKIT_CACHE_MOUNT_NS"),
    DockerfileCheckConfig: attrs.take("build-arg:BUILDKIT_DOCKERFILE_CHECK"),
    SourceDateEpoch: attrs.take("build-arg:SOURCE_DATE_EPOCH"),
    SandboxHostname: attrs.take("build-arg:SANDBOX_HOSTNAME"),
    RestRaw: attrs.rest(),
  };
}

function platforms(text: string): string[] {
  return text.split(",").map((platform) => formatPlatform(parsePlatform(platform)));
}

/** A build's attributes. Reading one with `take` removes it, so that the rest can be listed. */
class Attributes {
  readonly #values: Map<string, string>;

  /** @param errors gets a line for each attribute that can't be read */
  constructor(values: Readonly<Record<string, string>>, readonly errors: string[]) {
    this.#values = new Map(Object.entries(values));
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** Empty if the attribute is missing. */
  take(key: string): string {
    const value = this.#values.get(key) ?? "";
    this.#values.delete(key);
    return value;
  }

  parsed<T>(key: string, parse: (text: string) => T): T | undefined {
    if (!this.#values.has(key)) return undefined;
    const text = this.take(key);
    try {
      return parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : quote(String(error));
      this.errors.push(`failed to parse ${text}: (${reason})`);
      return undefined;
    }
  }

  /** The attributes with a prefix, without that prefix. They aren't removed. */
  below(prefix: string): Pair[] {
    return this.#pairs((key) => key.startsWith(prefix), prefix.length);
  }

  /** The remaining attributes, except those with a list of their own. */
  rest(): Pair[] {
    const listed = ["vcs:", "build-arg:", "label:", "context:", "attest:"];
    return this.#pairs((key) => !listed.some((prefix) => key.startsWith(prefix)), 0);
  }

  #pairs(wanted: (key: string) => boolean, cut: number): Pair[] {
    return [...this.#values].filter(([key]) => wanted(key))
      .map(([key, Value]) => ({ Name: key.slice(cut), Value }))
      .sort((a, b) => a.Name < b.Name ? -1 : 1);
  }
}
