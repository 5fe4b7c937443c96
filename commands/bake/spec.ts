import { LOCAL } from "./file_names.ts";
import { exists } from "../../base/stat.ts";
import type { Target } from "../../bake/target.ts";
import { parseBytes } from "../../base/go/bytes.ts";
import { absolutePath, cleanPath } from "../../base/paths.ts";
import { UsageError } from "../../base/usage_error.ts";
import { type BuildSpec, plainBuild } from "../../builds/spec/build_spec.ts";
import { shortName } from "../../builds/spec/named_context.ts";
import { isHttp, isRemote } from "../../builds/spec/remote.ts";
import {
  type ContextSource,
  contextSource,
  type DockerfileSource,
  dockerfileSource,
  localContext,
  localNamed,
  type NamedContext,
  type NamedSource,
  namedSource,
} from "../../builds/spec/source.ts";
import type { AgentEntry } from "../../grammar/ssh.ts";
import type { Env } from "../../transports/transport.ts";
import { contextAccess } from "./git_access.ts";
import { urlBelow } from "./git_url.ts";

/** The origin of a definition, and the surroundings in which it is read. */
export interface Origin {
  /** The definition was fetched: its texts that look like URLs are URLs. */
  readonly isFetched: boolean;
  /**
   * The git repository of the definition, which its paths lead into; undefined for this machine.
   */
  readonly repository: string | undefined;
  readonly cwd: string;
  readonly env: Env;
}

/** A target as a build. */
export interface TargetSpec {
  readonly spec: BuildSpec;
  /** The context as it is printed: a URL or a path. */
  readonly context: string;
  /** ssh agents that the build may use because the user's command line names them. */
  readonly granted: readonly AgentEntry[];
}

/** Throws `UsageError` for a target that can't be a build. */
export function specOfTarget(target: Target, origin: Origin): TargetSpec {
  const { text, source: context } = contextOf(target.context ?? ".", origin);
  const dockerfile = dockerfileOf(target, { text, source: context }, origin);
  const access = contextAccess(origin.repository, context, origin.env);
  const noCache = target["no-cache"] ?? false;
  const spec: BuildSpec = {
    ...plainBuild,
    context,
    dockerfile,
    contexts: [...target.contexts ?? []].map(([name, value]) => namedContext(name, value, origin)),
    policies: target.policy ?? [],
    args: target.args ?? new Map(),
    labels: target.labels ?? new Map(),
    tags: target.tags ?? [],
    target: target.target ?? "",
    platforms: target.platforms ?? [],
    pull: target.pull ?? false,
    noCache,
    noCacheFilter: noCache ? [] : target["no-cache-filter"] ?? [],
    cacheFrom: target["cache-from"] ?? [],
    cacheTo: target["cache-to"] ?? [],
    outputs: target.output ?? [],
    annotations: target.annotations ?? [],
    attestations: target.attest ?? [],
    secrets: [...target.secret ?? [], ...access.secrets],
    agents: access.agents.length > 0 ? access.agents : ownAgents(target),
    entitlements: target.entitlements ?? [],
    network: target.network ?? "default",
    extraHosts: [...target["extra-hosts"] ?? []].map(([host, ip]) => `${host}=${ip}`).sort(),
    shmSize: shmSize(target["shm-size"]),
    ulimits: target.ulimits ?? [],
    resources: Object.entries(target.resources ?? {}).map(([key, value]) => `${key}=${value}`),
  };
  return { spec, context: text, granted: access.granted };
}

interface Context {
  readonly text: string;
  readonly source: ContextSource;
}

function contextOf(written: string, { repository, isFetched, cwd }: Origin): Context {
  if (written === "-") throw new UsageError("context from stdin not allowed in bake");
  if (written.startsWith(LOCAL)) {
    const text = cleanPath(written.slice(LOCAL.length));
    return { text, source: localContext(text, cwd) };
  }
  if (repository !== undefined && !isRemote(written)) {
    const url = urlBelow(repository, cleanPath(written));
    return { text: url, source: { kind: "remote", url } };
  }
  const text = isRemote(written) ? written : cleanPath(written);
  return { text, source: contextSource(text, { cwd, urlsFirst: isFetched }) };
}

function dockerfileOf(
  { dockerfile: file = "Dockerfile", "dockerfile-inline": inline, context: written = "." }: Target,
  { text, source }: Context,
  { repository, isFetched, cwd }: Origin,
): DockerfileSource {
  if (file === "-") throw new UsageError("dockerfile from stdin not allowed in bake");
  if (inline) return { kind: "inline", typed: "-", text: inline };
  if (file.startsWith(LOCAL)) {
    return dockerfileSource(absolutePath(file.slice(LOCAL.length), cwd), source, cwd);
  }
  if (isRemote(file)) {
    if (isFetched && !isHttp(file)) {
      throw new UsageError(
        `cannot read the Dockerfile ${file}: it is not an http or https URL`,
        "name a file inside the context, or cwd://PATH for a file on this machine",
      );
    }
    return dockerfileSource(file, source, cwd);
  }
  const name = cleanPath(file);
  if (source.kind === "remote" || name.startsWith("/")) return dockerfileSource(name, source, cwd);
  const path = cleanPath(`${text}/${name}`);
  if (repository !== undefined && written.startsWith(LOCAL) && exists(path)) {
    throw new UsageError(
      "reading a dockerfile for a remote build invocation is currently not supported",
      `write cwd://${path} for a file on this machine`,
    );
  }
  return dockerfileSource(path, source, cwd);
}

/** A name that is no image's is an error of the build, not of `--print`. */
function namedContext(name: string, value: string, origin: Origin): NamedContext {
  try {
    const short = shortName(name);
    return { name: short, source: sourceOf(short, value, origin) };
  } catch (error) {
    const { cwd: path } = origin;
    return { name, source: { kind: "none", typed: value, path, error: error as Error } };
  }
}

function sourceOf(name: string, value: string, { repository, cwd }: Origin): NamedSource {
  if (value.startsWith(LOCAL)) return localNamed(name, cleanPath(value.slice(LOCAL.length)), cwd);
  const isPath = !isRemote(value) && !/^(?:target:|docker-image:\/\/|oci-layout:\/\/)/.test(value);
  if (!isPath) return namedSource(name, value, cwd);
  if (repository === undefined) return localNamed(name, value && cleanPath(value), cwd);
  return { kind: "remote", url: urlBelow(repository, cleanPath(value)) };
}

function ownAgents({ ssh = [] }: Target): AgentEntry[] {
  return ssh.map(({ id, paths }) => ({ id, paths: paths.filter(Boolean) }))
    .filter(({ id, paths }) => id !== "" || paths.length > 0)
    .map(({ id, paths }) => ({ id: id || "default", paths }));
}

function shmSize(text: string | undefined): number {
  if (text === undefined) return 0;
  try {
    return parseBytes(text);
  } catch {
    throw new UsageError(`invalid value ${text} for membytes key shm-size`);
  }
}
