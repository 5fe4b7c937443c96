import type { Builder } from "../builders/builder.ts";
import { firstNode } from "../builders/choose_node.ts";
import { type EngineTraits, engineTraits, isInsideEngine } from "../builders/engine_traits.ts";
import { formatWholePlatform, parsePlatforms, type Platform } from "../builders/platforms.ts";
import type { Store } from "../builders/store/store.ts";
import { openSecrets, type SecretSource } from "../buildkit/session/secret_source.ts";
import type { Agents } from "../buildkit/session/ssh.ts";
import type { BuildOptions, Typed } from "../buildkit/solve_request.ts";
import type { Deps } from "../cli/deps.ts";
import { isTrue } from "../base/env_bool.ts";
import { warn, warnOnce } from "../cli/warn.ts";
import { UsageError } from "../base/usage_error.ts";
import { annotationAttrs } from "../images/annotations.ts";
import type { DialContext, Env } from "../transports/transport.ts";
import { hostGateway } from "./host_gateway.ts";
import { type BuildInputs, openInputs } from "./inputs/build_inputs.ts";
import { NoDockerfile } from "./inputs/dockerfile.ts";
import type { CheckoutOf } from "./inputs/git_repository.ts";
import { findLayouts, type Layouts } from "./inputs/layouts.ts";
import { chooseOutputs } from "./outputs/chosen_outputs.ts";
import type { EngineOutput } from "./outputs/engine.ts";
import { exportersOf } from "./outputs/exporters.ts";
import { asksEngine } from "./outputs/output_kinds.ts";
import type { Wanted } from "./outputs/reuse.ts";
import { checkAllowed } from "./permissions/allow.ts";
import { type OpenedPaths, openedPaths, refuseOthers } from "./permissions/opened.ts";
import type { Permitted } from "./permissions/permitted.ts";
import { proxyArgs } from "./proxies.ts";
import type { Scratch } from "./scratch.ts";
import { agentsOf } from "./spec/agents.ts";
import type { BuildSpec } from "./spec/build_spec.ts";
import { checkCaches, completeCaches } from "./spec/cache.ts";
import type { CallMethod } from "./spec/call.ts";
import { noCache, resources } from "./spec/frontend.ts";
import { attested, attests, buildArgs, surroundings } from "./spec/frontend_options.ts";
import { nameImages, type Output } from "./spec/output.ts";

/**
 * A build that was found possible on this side. Nothing was written, and only Docker engines were
 * asked.
 */
export interface PreparedBuild {
  readonly options: BuildOptions;
  /** The paths of this machine that the build opens. */
  readonly opened: OpenedPaths;
  /** The paths that it may open; undefined for all. */
  readonly permitted: Permitted | undefined;
  readonly inputs: BuildInputs;
  readonly secrets: SecretSource;
  readonly secretIds: readonly string[];
  /** Agents of ssh by id. */
  readonly agents: Agents;
  /** Folders that caches and outputs are read from and written to. */
  readonly layouts: Layouts;
  /** The platforms that were asked for; empty for the daemon's own. */
  readonly platforms: readonly Platform[];
  readonly outputs: readonly EngineOutput[];
  /** The Dockerfile is only asked about. */
  readonly call: CallMethod | undefined;
  /** No option says where the result goes. */
  readonly lacksOutput: boolean;
}

/** The options of `prepare` besides the specification. */
export interface PrepareContext {
  readonly deps: Deps;
  readonly builder: Builder;
  readonly store: Store;
  /** Lives as long as the build. */
  readonly scratch: Scratch;
  /** Milliseconds that asking an engine about itself may take; 0 for no limit. */
  readonly budget: number;
  /** From `sourcePolicy`. */
  readonly sourcePolicy: Uint8Array | undefined;
  /** From `checkouts`. */
  readonly checkoutOf: CheckoutOf;
  /** The other targets of the run, which `--build-context NAME=target:…` may name. */
  readonly targets?: ReadonlySet<string>;
  /** Called before the error of a missing Dockerfile is thrown; not for questions. */
  readonly onNoDockerfile?: (state: BuildInputs["state"]) => void;
  /** The paths that the build may open; all of them without it. */
  readonly permitted?: Permitted | undefined;
}

/**
 * The policy that `EXPERIMENTAL_BUILDKIT_SOURCE_POLICY` names, as the daemon takes it. Throws
 * `UsageError`.
 */
export async function sourcePolicy(env: Env): Promise<Uint8Array | undefined> {
  const file = env("EXPERIMENTAL_BUILDKIT_SOURCE_POLICY");
  return file ? (await import("./policy/source_policy.ts")).readSourcePolicy(file) : undefined;
}

/**
 * Turns a specification into requests, and checks everything that it names. The phases are in
 * buildx's order: of several mistakes the first one is reported. Throws `UsageError` and the like.
 */
export async function prepare(spec: BuildSpec, context: PrepareContext): Promise<PreparedBuild> {
  const { env, cwd } = context.deps;
  const limits = {
    ...noCache(spec.noCache, spec.noCacheFilter),
    ...resources(spec.resources),
  };
  const platforms = parsePlatforms(spec.platforms);
  const { secrets, agents } = await openCredentials(spec, env);
  const chosen = await chooseOutputs(spec, context);
  const allowed = checkAllowed(spec.entitlements, chosen.outputs, cwd);
  const annotated = annotationAttrs(spec.annotations);
  const args = buildArgs(spec, env);
  const attestation = attested(spec, env);
  const isIndex = platforms.length > 1 || attests(attestation);
  const named = nameImages(chosen.outputs, spec.tags);
  const plain = isTrue("BUILDX_NO_DEFAULT_OCI_ARTIFACT", env);
  refuseIndexFile(named, isIndex);
  const inputs = await inputsOf(spec, context);
  const dial = dialContext(context.deps);
  const traits = await askEngine(context, dial);
  const { attrs, entitlements } = surroundings(spec, () => hostGateway(context.builder, traits));
  const frontend = { ...attrs, ...limits, ...attestation };
  const caches = await cachesOf(spec, env, () => checkDockerfile(inputs, spec, context));
  const inside = traits && (await import("./outputs/inside_engine.ts")).fitToEngine(traits, {
    outputs: named,
    attrs: frontend,
    annotations: annotated,
    cacheTo: caches.cacheTo,
    platforms: platforms.length,
    pull: spec.pull,
    byDefault: chosen.byDefault,
    context: firstNode(context.builder).endpoint,
  });
  const fitted = inside ?? await withDigests({ outputs: named, attrs: frontend }, context);
  const outputs = await openOutputEngines(fitted.outputs, isIndex, dial);
  const layouts = await findLayouts({ ...caches, outputs }, cwd, (text) => {
    warn(context.deps, text);
  });
  const { scratch, permitted } = context;
  const opened = openedPaths({ spec, inputs, layouts, outputs }, { scratch, env, cwd });
  if (permitted) refuseOthers(opened, permitted);
  return {
    opened,
    permitted,
    inputs,
    secrets,
    secretIds: spec.secrets.map(({ id }) => id),
    agents,
    layouts,
    platforms,
    outputs,
    call: spec.call,
    lacksOutput: chosen.isMissing,
    options: {
      filename: inputs.filename,
      target: spec.target,
      buildArgs: { ...args, ...await proxyArgs(args, env) },
      labels: Object.fromEntries(spec.labels),
      platforms: platforms.map(formatWholePlatform),
      pull: spec.pull,
      exporters: exportersOf(outputs, { annotated, args, plain }),
      cacheFrom: layouts.cacheFrom,
      cacheTo: caches.cacheTo,
      entitlements: [...new Set([...allowed, ...entitlements])],
      ...context.sourcePolicy && { sourcePolicy: context.sourcePolicy },
      attrs: { ...fitted.attrs, ...inputs.attrs },
    },
  };
}

/** Looks at secrets and keys, and reads the keys. Throws `SecretError` and `AgentError`. */
async function openCredentials(
  spec: BuildSpec,
  env: Env,
): Promise<Pick<PreparedBuild, "secrets" | "agents">> {
  const secrets = await openSecrets(
    spec.secrets.map(({ id, src, env }) => ({ id, file: src, env })),
    env,
  );
  const agents = agentsOf(spec);
  if (agents.length === 0) return { secrets, agents: new Map() };
  const { openAgents } = await import("../buildkit/session/ssh_agents.ts");
  return { secrets, agents: await openAgents(agents, env) };
}

/** Where an output is a folder that has much of the result: asks for digests of the files. */
async function withDigests(
  wanted: Wanted,
  { builder, deps }: Pick<PrepareContext, "builder" | "deps">,
): Promise<Wanted> {
  if (!wanted.outputs.some(({ target }) => target.to === "directory")) return wanted;
  const { askForDigests } = await import("./outputs/reuse.ts");
  return askForDigests(wanted, { endpoint: firstNode(builder).endpoint, cwd: deps.cwd });
}

/** Docker's own archive format holds one manifest. Throws `UsageError`. */
function refuseIndexFile(outputs: readonly Output[], isIndex: boolean): void {
  const isFile = ({ type, target }: Output) => type === "docker" && target.to !== "engine";
  if (!isIndex || !outputs.some(isFile)) return;
  throw new UsageError(
    "docker exporter does not support exporting manifest lists, use the oci exporter instead",
  );
}

async function inputsOf(spec: BuildSpec, context: PrepareContext): Promise<BuildInputs> {
  const { deps, store, scratch, targets = new Set(), checkoutOf, permitted } = context;
  return await openInputs(spec, {
    deps,
    storeDir: store.dir,
    scratch,
    targets,
    checkoutOf,
    mayRead: permitted?.mayRead ?? (() => true),
  });
}

function checkDockerfile(
  inputs: BuildInputs,
  { call }: BuildSpec,
  { onNoDockerfile }: PrepareContext,
): void {
  try {
    inputs.checkDockerfile();
  } catch (error) {
    if (error instanceof NoDockerfile && !call) onNoDockerfile?.(inputs.state);
    throw error;
  }
}

/**
 * The traits of the Docker engine that the builder is a part of; undefined for any other builder.
 */
async function askEngine(
  { deps, builder, budget }: PrepareContext,
  context: DialContext,
): Promise<EngineTraits | undefined> {
  const node = firstNode(builder);
  if (!isInsideEngine(builder, node, deps)) return undefined;
  const { registry } = deps;
  return await engineTraits(builder, node, { registry, context, budget: { ms: budget } });
}

function dialContext(deps: Deps): DialContext {
  const { signal, env } = deps;
  return { signal, env, log: () => {}, warn: warnOnce(deps), step: () => {} };
}

/**
 * @param checkDockerfile called in the middle, where buildx's daemon reports a missing Dockerfile
 */
async function cachesOf(
  { cacheFrom, cacheTo }: BuildSpec,
  env: Env,
  checkDockerfile: () => void,
): Promise<{ readonly cacheFrom: Typed[]; readonly cacheTo: Typed[] }> {
  checkCaches(cacheFrom, "from");
  checkCaches(cacheTo, "to");
  checkDockerfile();
  const aws = [...cacheFrom, ...cacheTo].some(({ type }) => type === "s3")
    ? (await import("./aws_profile.ts")).awsProfile
    : undefined;
  const keys = aws && (() => aws(env));
  return {
    cacheFrom: completeCaches(cacheFrom, env, keys),
    cacheTo: completeCaches(cacheTo, env, keys),
  };
}

async function openOutputEngines(
  outputs: readonly EngineOutput[],
  isIndex: boolean,
  context: DialContext,
): Promise<readonly EngineOutput[]> {
  if (!outputs.some(asksEngine)) return outputs;
  const { openEngines } = await import("./outputs/engine.ts");
  return await openEngines(outputs, isIndex, context.env, context);
}
