import type { Builder } from "../../builders/builder.ts";
import { buildNodeId } from "../../builders/build_node_id.ts";
import { formatPlatform, parsePlatforms } from "../../builders/platforms.ts";
import { chooseNode } from "../../builders/choose_node.ts";
import { readDriverOptions } from "../../builders/driver_options.ts";
import type { StoredNode } from "../../builders/node_group.ts";
import type { Store } from "../../builders/store.ts";
import type { Agents } from "../../buildkit/session/ssh.ts";
import { openSecrets, type SecretSource } from "../../buildkit/session/secret_source.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import type { BuildOptions } from "../../buildkit/solve_request.ts";
import type { Env } from "../../transports/transport.ts";
import type { Deps } from "../deps.ts";
import { parseBuildContexts } from "../flags/build_context.ts";
import { completeCaches, parseCaches } from "../flags/cache.ts";
import { annotations } from "../flags/frontend.ts";
import { parseOutputs, resolveOutputs } from "../flags/output.ts";
import { parseSecrets } from "../flags/secret.ts";
import { parseSsh } from "../flags/ssh.ts";
import type { FlagValues } from "../flags/spec.ts";
import { UsageError } from "../usage_error.ts";
import { warn } from "../warn.ts";
import { type EngineOutput, openEngines } from "./engine.ts";
import type { buildFlags } from "./flags.ts";
import { attests, buildArgs, frontendOptions, labels } from "./frontend.ts";
import { findInputs, type Inputs } from "./inputs.ts";
import { findLayouts, type Layouts } from "./layouts.ts";
import { namedContexts } from "./named_contexts.ts";
import { baseName } from "./paths.ts";
import { checkPermissions } from "./permissions.ts";
import { refusePolicy } from "./policy.ts";
import { isGitOverSsh } from "./remote.ts";
import type { Scratch } from "./scratch.ts";
import { isTrue } from "./switch.ts";

/** A build that has been understood and found possible on this side; nothing was dialled or written. */
export interface PreparedBuild {
  readonly options: BuildOptions;
  /** Folder by mount name: what the daemon may read. */
  readonly mounts: ReadonlyMap<string, string>;
  /** OCI layout by store id: what it may read and write. */
  readonly stores: ReadonlyMap<string, string>;
  readonly layouts: Layouts;
  /** What else it may call. */
  readonly services: readonly Service[];
  /** A Dockerfile that it is to fetch into the mount `dockerfile` first. */
  readonly dockerfileUrl: string | undefined;
  readonly node: StoredNode;
  readonly outputs: readonly EngineOutput[];
  readonly secrets: SecretSource;
  /** Agents of ssh by id. */
  readonly agents: Agents;
  /** buildx's folder, whose `config/` may hold logins for some repositories only. */
  readonly storeDir: string | undefined;
  /** Ties the daemon's copy of the context to the next build of it. */
  readonly sharedKey: string;
}

const NO_OUTPUT = "No output specified with remote driver. Build result will only remain in the " +
  "build cache. To push result image into registry use --push or to load image into docker use --load";

/** What else preparing goes by. */
export interface PrepareContext {
  readonly deps: Deps;
  readonly builder: Builder;
  readonly store: Store;
  /** The flags that were typed. */
  readonly given: ReadonlySet<string>;
  /** Lives as long as the build. */
  readonly scratch: Scratch;
}

/** Reads a build's command line and looks at what it names. Throws `UsageError` and the like. */
export async function prepare(
  path: string,
  flags: FlagValues<typeof buildFlags>,
  { deps, builder, store, given, scratch }: PrepareContext,
): Promise<PreparedBuild> {
  const { env, cwd } = deps;
  const inputs = await findInputs(path, flags.file, { deps, scratch });
  await refusePolicy(inputs);
  const platforms = parsePlatforms(flags.platform);
  const node = chooseNode(builder, platforms);
  const asked = flags.output.length > 0 || flags.load || flags.push;
  const byDefault = !asked && readDriverOptions(node).defaultLoad &&
    !isTrue("BUILDX_NO_DEFAULT_LOAD", env);
  const resolved = await resolveOutputs(parseOutputs(flags.output), {
    load: flags.load || byDefault,
    push: flags.push,
    tags: flags.tag,
    stdoutIsTerminal: deps.stdout.isTerminal,
  });
  if (flags.iidfile && resolved.some(({ type }) => type === "local" || type === "tar")) {
    throw new UsageError(
      "local and tar exporters do not produce an image ID: --iidfile has no use",
    );
  }
  const dial = { signal: deps.signal, env, log: () => {}, step: () => {} };
  const allow = checkPermissions(flags.allow, resolved, cwd);
  const frontend = frontendOptions({ ...flags, allow }, given, env);
  const outputs = await openEngines(resolved, platforms.length > 1 || attests(frontend), env, dial);
  const annotated = annotations(flags.annotation);
  const sharedKey = (folder: string) => `${asciiName(baseName(folder))}:${buildNodeId(store.dir)}`;
  const named = await namedContexts(parseBuildContexts(flags["build-context"]), cwd, sharedKey);
  const caches = {
    cacheFrom: completeCaches(parseCaches(flags["cache-from"], "from"), env),
    cacheTo: completeCaches(parseCaches(flags["cache-to"], "to"), env),
  };
  const layouts = await findLayouts({ ...caches, outputs }, cwd, (text) => warn(deps, text));
  if (!asked && !byDefault && !isTrue("BUILDX_NO_DEFAULT_LOAD", env)) warn(deps, NO_OUTPUT);
  return {
    mounts: new Map([...inputs.mounts, ...named.mounts]),
    stores: new Map([...named.stores, ...layouts.stores]),
    layouts,
    services: inputs.services,
    dockerfileUrl: inputs.dockerfileUrl,
    node,
    storeDir: store.dir?.path,
    outputs,
    secrets: await openSecrets(parseSecrets(flags.secret), env),
    agents: await lentAgents(flags.ssh, path, env),
    sharedKey: inputs.name && sharedKey(inputs.name),
    options: {
      filename: inputs.filename,
      target: flags.target,
      buildArgs: buildArgs(flags["build-arg"], env),
      labels: labels(flags.label),
      platforms: platforms.map(formatPlatform),
      pull: flags.pull,
      exporters: outputs.map(({ type, attrs }) => ({ type, attrs: { ...attrs, ...annotated } })),
      cacheFrom: layouts.cacheFrom,
      cacheTo: caches.cacheTo,
      ...frontend,
      attrs: { ...frontend.attrs, ...contextAttrs(inputs, named) },
    },
  };
}

/** The daemon takes printable ASCII in this header; other names are told apart by their digest. */
function asciiName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name;
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return `fnv-${hash.toString(16)}`;
}

/** The agents of `--ssh`; without it the usual one, where the context needs one to be fetched. */
async function lentAgents(texts: readonly string[], path: string, env: Env): Promise<Agents> {
  const specs = parseSsh(texts);
  if (specs.length === 0 && !isGitOverSsh(path)) return new Map();
  const { openAgents } = await import("../../buildkit/session/ssh_agents.ts");
  return await openAgents(specs.length > 0 ? specs : [{ id: "default", paths: [] }], env);
}

/** What the frontend is told of the contexts. */
function contextAttrs(...parts: Pick<Inputs, "attrs" | "caps">[]): Record<string, string> {
  const caps = [...new Set(parts.flatMap(({ caps }) => caps))].sort();
  return {
    ...Object.assign({}, ...parts.map(({ attrs }) => attrs)),
    ...caps.length > 0 && { "frontend.caps": caps.join(",") },
  };
}
