import type { Builder } from "../../builders/builder.ts";
import { buildNodeId } from "../../builders/build_node_id.ts";
import { formatPlatform, parsePlatforms } from "../../builders/platforms.ts";
import { chooseNode } from "../../builders/choose_node.ts";
import { readDriverOptions } from "../../builders/driver_options.ts";
import type { StoredNode } from "../../builders/node_group.ts";
import type { Store } from "../../builders/store.ts";
import { openSecrets, type SecretSource } from "../../buildkit/session/secret_source.ts";
import { type BuildOptions, DEFAULT_PROVENANCE } from "../../buildkit/solve_request.ts";
import type { Env } from "../../transports/transport.ts";
import type { Deps } from "../deps.ts";
import { completeCaches, parseCaches } from "../flags/cache.ts";
import { parseOutputs, resolveOutputs } from "../flags/output.ts";
import { parseSecrets } from "../flags/secret.ts";
import type { FlagValues } from "../flags/spec.ts";
import { parseBool } from "../flags/value.ts";
import { UsageError } from "../usage_error.ts";
import { warn } from "../warn.ts";
import { type LocalContext, localContext } from "./context.ts";
import {
  addHosts,
  annotations,
  attestations,
  network,
  noCache,
  resources,
  shmSize,
  ulimits,
} from "../flags/frontend.ts";
import { type EngineOutput, openEngines } from "./engine.ts";
import type { buildFlags } from "./flags.ts";
import { baseName } from "./paths.ts";

/** A build that has been understood and found possible on this side; nothing was dialled or written. */
export interface PreparedBuild {
  readonly options: BuildOptions;
  readonly context: LocalContext;
  readonly node: StoredNode;
  readonly outputs: readonly EngineOutput[];
  readonly secrets: SecretSource;
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
}

/** Reads a build's command line and looks at what it names. Throws `UsageError` and the like. */
export async function prepare(
  path: string,
  flags: FlagValues<typeof buildFlags>,
  { deps, builder, store, given }: PrepareContext,
): Promise<PreparedBuild> {
  const { env, cwd } = deps;
  const context = await localContext(path, flags.file, cwd);
  await refusePolicy(context);
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
  const frontend = frontendOptions(flags, given, env);
  const outputs = await openEngines(resolved, platforms.length > 1 || attests(frontend), env, dial);
  const annotated = annotations(flags.annotation);
  if (!asked && !byDefault && !isTrue("BUILDX_NO_DEFAULT_LOAD", env)) warn(deps, NO_OUTPUT);
  return {
    context,
    node,
    storeDir: store.dir?.path,
    outputs,
    secrets: await openSecrets(parseSecrets(flags.secret), env),
    sharedKey: `${asciiName(baseName(context.folder))}:${buildNodeId(store.dir)}`,
    options: {
      filename: context.filename,
      target: flags.target,
      buildArgs: buildArgs(flags["build-arg"], env),
      labels: labels(flags.label),
      platforms: platforms.map(formatPlatform),
      pull: flags.pull,
      exporters: outputs.map(({ type, attrs }) => ({ type, attrs: { ...attrs, ...annotated } })),
      cacheFrom: completeCaches(parseCaches(flags["cache-from"], "from"), env),
      cacheTo: completeCaches(parseCaches(flags["cache-to"], "to"), env),
      ...frontend,
    },
  };
}

/** What the frontend is told beyond the Dockerfile's name, arguments and platforms. */
function frontendOptions(
  flags: FlagValues<typeof buildFlags>,
  given: ReadonlySet<string>,
  env: Env,
): Pick<BuildOptions, "attrs" | "entitlements"> {
  const { attrs, entitlements } = network(flags.network);
  const typed = (name: "provenance" | "sbom") => given.has(name) ? flags[name] : undefined;
  const provenance = isTrue("BUILDX_NO_DEFAULT_ATTESTATIONS", env) ? undefined : DEFAULT_PROVENANCE;
  return {
    entitlements: [...new Set([...flags.allow, ...entitlements])],
    attrs: {
      ...attrs,
      ...addHosts(flags["add-host"]),
      ...noCache(flags["no-cache"], flags["no-cache-filter"]),
      ...shmSize(flags["shm-size"]),
      ...ulimits(flags.ulimit),
      ...resources(flags.resource),
      ...attestations(flags.attest, typed("provenance"), typed("sbom"), provenance),
      ...flags["cgroup-parent"] && { "cgroup-parent": flags["cgroup-parent"] },
    },
  };
}

/** Whether the image gets attestations that were asked for, and so an index to hold them. */
function attests({ attrs = {} }: Pick<BuildOptions, "attrs">): boolean {
  return Object.entries(attrs).some(([key, value]) =>
    key.startsWith("attest:") && value !== DEFAULT_PROVENANCE
  );
}

/** `K=V`, or `K` alone for the environment's value; dropped when that is not set. */
function buildArgs(texts: readonly string[], env: Env): Record<string, string> {
  const args: Record<string, string> = {};
  for (const text of texts) {
    const [key, value] = splitPair(text);
    const set = value ?? env(key);
    if (set !== undefined) args[key] = set;
  }
  // Unless given: it makes builds reproducible, so it counts wherever it is set.
  const epoch = env("SOURCE_DATE_EPOCH");
  if (epoch && !("SOURCE_DATE_EPOCH" in args)) args["SOURCE_DATE_EPOCH"] = epoch;
  return args;
}

function labels(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map(splitPair).map(([key, value]) => [key, value ?? ""]));
}

function splitPair(text: string): [string, string | undefined] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
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

/** A switch in the environment. Throws `UsageError` for what is no boolean, as buildx does. */
function isTrue(name: string, env: Env): boolean {
  const text = env(name);
  if (!text) return false;
  try {
    return parseBool(text);
  } catch {
    throw new UsageError(
      `invalid value ${JSON.stringify(text)} of ${name}`,
      "it is true or false",
    );
  }
}

/** buildx evaluates a Rego policy beside the Dockerfile. To ignore one would be a hole. */
async function refusePolicy(context: LocalContext): Promise<void> {
  const path = `${context.mounts.get("dockerfile")}/${context.filename}.rego`;
  try {
    await Deno.lstat(path);
  } catch {
    return;
  }
  throw new UsageError(
    `cannot build under the policy ${path}: fairlead doesn't evaluate Rego policies yet`,
    "build with buildx, or move the policy away if it isn't meant to hold",
  );
}
