import type { Builder } from "../builders/builder.ts";
import { firstNode } from "../builders/choose_node.ts";
import { formatPlatform, parsePlatforms, type Platform } from "../builders/platforms.ts";
import { driverOf } from "../builders/drivers/all.ts";
import { engineTraits, isInsideEngine } from "../builders/engine_traits.ts";
import type { Store } from "../builders/store/store.ts";
import { openSecrets } from "../buildkit/session/secret_source.ts";
import type { BuildOptions } from "../buildkit/solve_request.ts";
import type { Env } from "../transports/transport.ts";
import type { Deps } from "../cli/deps.ts";
import type { CallMethod } from "./spec/call.ts";
import { completeCaches, parseCaches } from "./spec/cache.ts";
import { annotations } from "../images/annotation_flag.ts";
import { noCache, resources } from "./spec/frontend.ts";
import { nameImages, parseOutputs, resolveOutputs } from "./spec/output.ts";
import { parseSecrets } from "./spec/secret.ts";
import type { FlagValues } from "../cli/flags/spec.ts";
import { UsageError } from "../base/usage_error.ts";
import { warn, warnOnce } from "../cli/warn.ts";
import type { EngineOutput } from "./outputs/engine.ts";
import { exportersOf } from "./outputs/exporters.ts";
import type { buildFlags } from "./flags.ts";
import { hostGateway } from "./host_gateway.ts";
import { attested, attests, buildArgs, labels, surroundings } from "./frontend_attrs.ts";
import type { CheckoutOf } from "./inputs/git_repository.ts";
import { findLayouts, type Layouts } from "./inputs/layouts.ts";
import { asksEngine } from "./outputs/output_kinds.ts";
import { checkPermissions } from "./permissions/allow.ts";
import { proxyArgs } from "./proxies.ts";
import type { Scratch } from "./scratch.ts";
import { findSources, lentAgents, type Sources } from "./inputs/sources.ts";
import { legacyResources } from "./legacy_flags.ts";
import { isTrue } from "../cli/env_bool.ts";

/** A build that has been understood and found possible on this side; nothing was written, and only Docker engines were asked. */
export interface PreparedBuild {
  readonly options: BuildOptions;
  readonly sources: Sources;
  /** Folders that caches and outputs are read from and written to. */
  readonly layouts: Layouts;
  /** What was asked for; empty for the daemon's own. */
  readonly platforms: readonly Platform[];
  readonly outputs: readonly EngineOutput[];
  /** It is only asked about. */
  readonly call: CallMethod | undefined;
  /** Nobody said where its result is to go. */
  readonly lacksOutput: boolean;
}

/** What else preparing goes by. */
export interface PrepareContext {
  readonly deps: Deps;
  readonly builder: Builder;
  readonly store: Store;
  /** The flags that were typed. */
  readonly given: ReadonlySet<string>;
  /** Lives as long as the build. */
  readonly scratch: Scratch;
  /** The build is only asked about: it has no output, and needs none. */
  readonly call: CallMethod | undefined;
  /** Milliseconds that asking an engine about itself may take; 0 for no limit. */
  readonly budget: number;
  /** From `sourcePolicy`. */
  readonly sourcePolicy: Uint8Array | undefined;
  /** From `checkouts`. */
  readonly checkoutOf: CheckoutOf;
  /** The other targets of the run: what `--build-context NAME=target:…` may name. */
  readonly targets?: ReadonlySet<string>;
}

/**
 * The policy that `EXPERIMENTAL_BUILDKIT_SOURCE_POLICY` names, as the daemon takes it. Throws
 * `UsageError`.
 */
export async function sourcePolicy(env: Env): Promise<Uint8Array | undefined> {
  const file = env("EXPERIMENTAL_BUILDKIT_SOURCE_POLICY");
  return file ? (await import("./policy/source_policy.ts")).readSourcePolicy(file) : undefined;
}

/** Reads a build's command line and looks at what it names. Throws `UsageError` and the like. */
export async function prepare(
  path: string,
  flags: FlagValues<typeof buildFlags>,
  {
    deps,
    builder,
    store,
    given,
    scratch,
    call,
    budget,
    sourcePolicy,
    checkoutOf,
    targets = new Set(),
  }: PrepareContext,
): Promise<PreparedBuild> {
  const { env, cwd, registry } = deps;
  const isCall = call !== undefined;
  const node = firstNode(builder);
  // In buildx's order: of several things that are wrong it is the first that is told.
  const limits = {
    ...noCache(flags["no-cache"], flags["no-cache-filter"]),
    ...resources([...legacyResources(flags), ...flags.resource]),
  };
  const platforms = parsePlatforms(flags.platform);
  const secrets = await openSecrets(parseSecrets(flags.secret), env);
  const agents = await lentAgents(flags.ssh, path, env);
  const typed = isCall ? [] : parseOutputs(flags.output);
  const asked = isCall || typed.length > 0 || flags.load || flags.push;
  const inside = isInsideEngine(builder, node, deps);
  const never = noDefaultLoad(deps);
  const byDefault = !asked && (inside || driverOf(builder).loads(node)) && !never;
  const unnamed = await resolveOutputs(typed, {
    load: !isCall && flags.load || byDefault,
    push: !isCall && flags.push,
    stdoutIsTerminal: deps.stdout.isTerminal,
  });
  const allow = checkPermissions(flags.allow, unnamed, cwd);
  const annotated = annotations(flags.annotation);
  const args = buildArgs(flags["build-arg"], env);
  const attestation = attested(flags, given, env);
  const resolved = nameImages(unnamed, flags.tag);
  const plain = isTrue("BUILDX_NO_DEFAULT_OCI_ARTIFACT", env);
  const index = platforms.length > 1 || attests(attestation);
  if (index && resolved.some(({ type, target }) => type === "docker" && target.to !== "engine")) {
    throw new UsageError(
      "docker exporter does not support exporting manifest lists, use the oci exporter instead",
    );
  }
  const sources = await findSources(path, flags, {
    deps,
    storeDir: store.dir,
    scratch,
    targets,
    checkoutOf,
    secrets,
    agents,
  });
  const dial = { signal: deps.signal, env, log: () => {}, warn: warnOnce(deps), step: () => {} };
  const traits = inside
    ? await engineTraits(builder, node, { registry, context: dial, budget: { ms: budget } })
    : undefined;
  const { attrs, entitlements } = surroundings(flags, () => hostGateway(builder, traits));
  const frontend = { ...attrs, ...limits, ...attestation };
  const from = parseCaches(flags["cache-from"], "from");
  const to = parseCaches(flags["cache-to"], "to");
  sources.checkDockerfile();
  const aws = [...from, ...to].some(({ type }) => type === "s3")
    ? (await import("./aws_profile.ts")).awsProfile
    : undefined;
  const keys = aws && (() => aws(env));
  const caches = {
    cacheFrom: completeCaches(from, env, keys),
    cacheTo: completeCaches(to, env, keys),
  };
  const terms = traits && (await import("./outputs/inside_engine.ts")).termsInside(traits, {
    outputs: resolved,
    attrs: frontend,
    annotations: annotated,
    cacheTo: caches.cacheTo,
    platforms: platforms.length,
    pull: flags.pull,
    byDefault,
    context: node.endpoint,
  });
  const wanted: readonly EngineOutput[] = terms?.outputs ?? resolved;
  const outputs = wanted.some(asksEngine)
    ? await (await import("./outputs/engine.ts")).openEngines(wanted, index, env, dial)
    : wanted;
  const layouts = await findLayouts({ ...caches, outputs }, cwd, (text) => warn(deps, text));
  return {
    sources,
    layouts,
    platforms,
    outputs,
    call,
    lacksOutput: !asked && !byDefault && !never,
    options: {
      filename: sources.filename,
      target: flags.target,
      buildArgs: { ...args, ...await proxyArgs(args, env) },
      labels: labels(flags.label),
      platforms: platforms.map(formatPlatform),
      pull: flags.pull,
      exporters: exportersOf(outputs, { annotated, args, plain }),
      cacheFrom: layouts.cacheFrom,
      cacheTo: caches.cacheTo,
      entitlements: [...new Set([...allow, ...entitlements])],
      ...sourcePolicy && { sourcePolicy },
      attrs: { ...terms?.attrs ?? frontend, ...sources.attrs },
    },
  };
}

/** `BUILDX_NO_DEFAULT_LOAD`; what is no boolean is warned of, and counts as none. */
function noDefaultLoad(deps: Pick<Deps, "env" | "stderr">): boolean {
  const name = "BUILDX_NO_DEFAULT_LOAD";
  try {
    return isTrue(name, deps.env);
  } catch {
    warn(deps, `invalid non-bool value for ${name}: ${deps.env(name)}`);
    return false;
  }
}

/** A warning of targets whose results go nowhere; where one is asked about, none. */
export function noOutput(
  builds: ReadonlyMap<string, PreparedBuild>,
  { driver }: Builder,
): string[] {
  if ([...builds.values()].some(({ call }) => call)) return [];
  const names = [...builds].flatMap(([name, { lacksOutput }]) => lacksOutput ? name : []);
  if (names.length === 0) return [];
  const which = names.join() === "default" ? "" : `for ${names.join(", ")} target(s) `;
  return [
    `WARNING: No output specified ${which}with ${driver} driver. Build result will only remain in ` +
    "the build cache. To push result image into registry use --push or to load image into docker " +
    "use --load",
  ];
}
