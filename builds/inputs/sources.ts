/** All that a build reads from this side, from the command line to what the daemon is told of it. */
import { fnv } from "../../base/fnv.ts";
import { buildNodeId } from "../../builders/store/build_node_id.ts";
import type { ConfigDir } from "../../builders/store/config_dir.ts";
import type { BuildState } from "../../builders/store/local_state.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import type { Agents } from "../../buildkit/session/ssh.ts";
import type { SecretSource } from "../../buildkit/session/secret_source.ts";
import type { Env } from "../../transports/transport.ts";
import type { Deps } from "../../cli/deps.ts";
import { parseBuildContexts } from "../spec/build_context.ts";
import { choosePolicies, parsePolicies } from "../spec/policy.ts";
import type { FlagValues } from "../../cli/flags/spec.ts";
import { parseSsh } from "../spec/ssh.ts";
import type { buildFlags } from "../flags.ts";
import { gitAttrs } from "./git_attrs.ts";
import type { CheckoutOf } from "./git_repository.ts";
import { findInputs } from "./context_inputs.ts";
import { namedContexts } from "./named_contexts.ts";
import { absolutePath, baseName } from "../../base/paths.ts";
import { refusePolicies } from "../policy/policy.ts";
import { isGitOverSsh, isHttp, isRemote } from "./remote.ts";
import type { Scratch } from "../scratch.ts";

/** What the daemon may read during a build, and how it is told. */
export interface Sources {
  /** Folder by mount name. */
  readonly mounts: ReadonlyMap<string, string>;
  /** OCI layout by store id. */
  readonly stores: ReadonlyMap<string, string>;
  /** What else it may call. */
  readonly services: readonly Service[];
  /** To be called before an archive on stdin is read by several nodes, or in several attempts. */
  keepStdin(signal: AbortSignal): Promise<void>;
  readonly secrets: SecretSource;
  /** Agents of ssh by id. */
  readonly agents: Agents;
  /** A Dockerfile that it is to fetch into the mount `dockerfile` first. */
  readonly dockerfileUrl: string | undefined;
  /** Throws `NoDockerfile` where there is none of this machine. */
  checkDockerfile(): void;
  /** The Dockerfile's name there, or in the context. */
  readonly filename: string;
  /** For the frontend. */
  readonly attrs: Readonly<Record<string, string>>;
  /** The daemon fetches the context from elsewhere. */
  readonly isRemote: boolean;
  /** A policy beside the Dockerfile counts, also where only the daemon can look for it. */
  readonly underPolicy: boolean;
  /** Ties the daemon's copy of the context to the next build of it; empty where there is none. */
  readonly sharedKey: string;
  /** What it is called towards people: as it was typed, or below the context as that was typed. */
  readonly dockerfile: string;
  /** What is recorded of the build. */
  readonly state: Pick<BuildState, "localPath" | "dockerfilePath">;
  /** Names of contexts that are other targets' results, with those targets' names. */
  readonly links: ReadonlyMap<string, string>;
}

/** What finding them goes by. */
export interface SourcesOptions {
  readonly deps: Pick<Deps, "env" | "cwd" | "stdin">;
  /** The folder of builders, which has this machine's id. */
  readonly storeDir: ConfigDir | undefined;
  readonly scratch: Scratch;
  /** What `target:` may name. */
  readonly targets: ReadonlySet<string>;
  readonly checkoutOf: CheckoutOf;
  readonly secrets: SecretSource;
  readonly agents: Agents;
}

type Flags = Pick<FlagValues<typeof buildFlags>, "file" | "build-context" | "policy">;

/** Looks at what the command line names. Throws `UsageError` and the like. */
export async function findSources(
  path: string,
  flags: Flags,
  { deps, storeDir, scratch, targets, checkoutOf, secrets, agents }: SourcesOptions,
): Promise<Sources> {
  const { env, cwd } = deps;
  const { file } = flags;
  const inputs = await findInputs(path, file, { deps, scratch });
  const machine = buildNodeId(storeDir);
  const sharedKey = (folder: string) => `${asciiName(baseName(folder))}:${machine}`;
  const contexts = parseBuildContexts(flags["build-context"]);
  const named = namedContexts(contexts, { cwd, sharedKey, targets });
  const policies = choosePolicies(parsePolicies(flags.policy));
  refusePolicies(policies, inputs, env);
  const mounts = new Map([...inputs.mounts, ...named.mounts]);
  const folder = inputs.name === "" ? undefined : inputs.mounts.get("context");
  const caps = [...new Set([...inputs.caps, ...named.caps])].sort();
  return {
    mounts,
    stores: named.stores,
    services: inputs.services,
    keepStdin: inputs.keepStdin,
    secrets,
    agents,
    dockerfileUrl: inputs.dockerfileUrl,
    checkDockerfile: inputs.checkDockerfile,
    filename: inputs.filename,
    attrs: {
      ...inputs.attrs,
      ...named.attrs,
      ...caps.length > 0 && { "frontend.caps": caps.join(",") },
      ...await gitAttrs(folder, file, mounts, { env, cwd, checkoutOf }),
    },
    isRemote: path !== "-" && inputs.attrs["context"] !== undefined,
    underPolicy: policies.beside,
    sharedKey: inputs.name && sharedKey(inputs.name),
    dockerfile: shownDockerfile(path, file, inputs.filename),
    state: stateOf(path, file, cwd),
    links: named.links,
  };
}

/** The daemon takes printable ASCII in this header; other names are told apart by their digest. */
function asciiName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name;
  return `fnv-${fnv(name)}`;
}

/** The agents of `--ssh`; without it the usual one, where the context needs one to be fetched. */
export async function lentAgents(
  texts: readonly string[],
  path: string,
  env: Env,
): Promise<Agents> {
  const specs = parseSsh(texts);
  if (specs.length === 0 && !isGitOverSsh(path)) return new Map();
  const { openAgents } = await import("../../buildkit/session/ssh_agents.ts");
  return await openAgents(specs.length > 0 ? specs : [{ id: "default", paths: [] }], env);
}

function shownDockerfile(path: string, file: string, found: string): string {
  if (file === "-") return "stdin";
  if (file !== "" || path === "-" || isRemote(path)) return file || found;
  const folder = path.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  return folder === "" || folder === "." ? "Dockerfile" : `${folder}/Dockerfile`;
}

function stateOf(path: string, file: string, cwd: string): Sources["state"] {
  const far = path === "-" || isRemote(path);
  const asTyped = far || file === "" || file === "-" || isHttp(file);
  return {
    localPath: far ? path : absolutePath(path, cwd),
    dockerfilePath: asTyped ? file : absolutePath(file, cwd),
  };
}
