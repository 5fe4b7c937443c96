/**
 * Compiles a build's policies and serves them to the daemon. This module is loaded only for a build
 * with a policy.
 */
import { cleanPath } from "../../base/paths.ts";
import { UsageError } from "../../base/usage_error.ts";
import { capabilities } from "../../buildkit/capabilities.ts";
import type { Client } from "../../buildkit/client.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { warnOnce } from "../../cli/warn.ts";
import { attestationFinder } from "../../policies/attestations.ts";
import type { EngineLog } from "../../policies/engine.ts";
import { policyModule } from "../../policies/engine_module.ts";
import {
  compilePolicy,
  type Policy,
  PolicyError,
  PolicyFileError,
  type PolicyFiles,
  type PolicyModule,
} from "../../policies/policy.ts";
import { localFiles } from "../../policies/policy_files.ts";
import { policyLog } from "../../policies/policy_log.ts";
import { signatureVerifier } from "../../policies/signatures.ts";
import { defaultPlatform, metaOf } from "../../policies/source_meta.ts";
import { sourceResolver } from "../../policies/source_resolver.ts";
import { policyVerifier } from "../../policies/verifier.ts";
import { denyMessages } from "../deny_messages.ts";
import { readContextFiles } from "../inputs/context_files.ts";
import type { Job, JobContext } from "../running/job.ts";
import { nameInFolder, type PlannedPolicies, type PlannedPolicy } from "./planned_policies.ts";

/** The largest module, in bytes. */
const LONGEST_MODULE = 4 << 20;

/** Policies that are ready to be asked. */
export interface OpenPolicies {
  readonly service: Service;
  /** Steps reach HTTP through a proxy that policies see. */
  readonly proxyNetwork: boolean;
  /** To be called at the build's end. @param error what the build failed with */
  close(error?: unknown): Promise<void>;
}

/**
 * Resolves to undefined where a remote context has no policy next to its Dockerfile. Throws
 * `UsageError` for a policy that is missing or that the daemon would not ask, and `PolicyError` for
 * one that can't be evaluated.
 * @param services the services that the daemon may call while a policy inspects a source
 */
export async function openPolicies(
  client: Client,
  job: Job,
  context: JobContext,
  services: readonly Service[],
): Promise<OpenPolicies | undefined> {
  const planned = job.build.inputs.policies!;
  const { deps, progress } = context;
  const { signal } = deps;
  const files = filesOf(planned, client, job, context);
  const sets = await loadModules(planned, files);
  if (sets.length === 0) return undefined;
  const [known, workers] = await Promise.all([
    capabilities(client, signal),
    client.listWorkers({ signal }),
  ]);
  // Daemons without this feature build as if there were no policy.
  if (!known.has("source.policy.session")) throw neverAsked(planned);
  const loading = { env: deps.env, note: (line: string) => progress.note(line), signal };
  const engine = await policyModule("engine", loading);
  const open = new AsyncDisposableStack();
  const resolver = open.use(sourceResolver(client, { services, onStatus: () => {}, signal }));
  const log = policyLog(
    progress.local,
    sets.flatMap(({ modules }) => modules.map(({ name }) => name)),
  );
  const policies: Policy[] = [];
  const denied = new Set<string>();
  const level = (at: number) => sets[at]!.policy?.logLevel ?? "info";
  const verifier = signatureVerifier(loading, warnOnce(deps, (line) => progress.note(line)));
  const env = {
    args: job.options.buildArgs,
    labels: job.options.labels,
    filename: planned.dockerfile,
    target: job.options.target ?? "",
  };
  let proxyNetwork = false;
  try {
    for (const [at, { modules, isDefault }] of sets.entries()) {
      const logLine = (line: EngineLog) => log.write([line], level(at));
      const policy = open.use(
        await compilePolicy(engine, modules, {
          ...isDefault ? {} : { files },
          async material(request) {
            const found = await resolver.resolve(request);
            return metaOf(found, await verifier.ofImage(found, request.platform, logLine)) ?? {};
          },
          attestation: attestationFinder({ files, resolver, verifier, log: logLine }),
        }, { print: true }),
      );
      policies.push(policy);
      if (isDefault) continue;
      const { caps, logs } = await policy.caps(env).catch((error) => {
        if (error instanceof PolicyError) log.write(error.logs, level(at));
        throw error;
      });
      log.write(logs, level(at));
      proxyNetwork ||= caps["exec.proxy"] === true;
    }
  } catch (error) {
    log.close();
    await open.disposeAsync();
    if (error instanceof PolicyError) {
      throw new PolicyError(`failed to evaluate policy caps: ${error.message}`, error.logs);
    }
    throw error;
  }
  if (proxyNetwork) {
    if (!known.has("exec.meta.network.proxy")) {
      throw new UsageError(
        "network proxy requested by policy is not supported by the current BuildKit daemon, please " +
          "upgrade to version v0.31+",
      );
    }
    log.write([{ level: "info", text: "policy enabled network proxy" }], "info");
  }
  return {
    proxyNetwork,
    service: policyVerifier({
      policies,
      env,
      defaultPlatform: defaultPlatform(workers),
      signatures: verifier,
      log: (at, lines) => log.write(lines, level(at)),
      onDeny: (identifier) => denied.add(identifier),
    }),
    async close(error) {
      const isOurs = error instanceof RpcError &&
        (denyMessages(error.details).length > 0 ||
          [...denied].some((identifier) =>
            error.message.includes(
              `source ${JSON.stringify(identifier)} not allowed by policy: action DENY`,
            )
          ));
      log.close(isOurs ? new Error(`failed to solve: ${error.message}`) : undefined);
      await open.disposeAsync();
    },
  };
}

interface ModuleSet {
  /** The policy's options. */
  readonly policy?: PlannedPolicy;
  readonly modules: readonly PolicyModule[];
  /** buildx's own policy has no folder, and nothing to say about the whole build. */
  readonly isDefault?: true;
}

/**
 * Loads the modules of each policy. A policy next to the Dockerfile of a remote context may be
 * absent.
 */
async function loadModules(
  { all, isRemote, hasDefault }: PlannedPolicies,
  files: PolicyFiles,
): Promise<ModuleSet[]> {
  const sets = await Promise.all(all.map(async (policy): Promise<ModuleSet | undefined> => {
    const { beside } = policy;
    if (beside && !isRemote) {
      const text = await Deno.readFile(beside.path);
      return { policy, modules: [{ name: beside.name, text }] };
    }
    const names = beside ? [beside.path] : policy.files;
    const modules = await Promise.all(names.map(async (name) => {
      const bytes = await files(name, LONGEST_MODULE).catch((error) => {
        throw error instanceof PolicyFileError ? notReadable(name, error) : error;
      });
      if (bytes !== undefined) return [{ name, text: bytes }];
      if (beside) return [];
      throw notFound(name);
    }));
    return beside && modules.flat().length === 0 ? undefined : { policy, modules: modules.flat() };
  }));
  return [...hasDefault ? [await defaultSet()] : [], ...sets.filter((set) => set !== undefined)];
}

async function defaultSet(): Promise<ModuleSet> {
  const { DEFAULT_POLICY, DEFAULT_POLICY_NAME } = await import("../../policies/default_policy.ts");
  return { isDefault: true, modules: [{ name: DEFAULT_POLICY_NAME, text: DEFAULT_POLICY }] };
}

function notFound(name: string): UsageError {
  return new UsageError(
    `policy file ${name} not found`,
    "names are relative to the context; cwd://NAME is relative to the current folder",
  );
}

function notReadable(name: string, { doing, message }: PolicyFileError): UsageError {
  return new UsageError(
    `failed to ${doing} policy file ${name}: ${message}`,
    "a policy file must be inside the context; cwd://NAME is a file in the current folder",
  );
}

/**
 * Reads names from the context, on this machine or not, and names with `cwd://` from the current
 * folder.
 */
function filesOf(
  planned: PlannedPolicies,
  client: Client,
  { build }: Job,
  context: JobContext,
): PolicyFiles {
  const { folder, typedFolder, isRemote, cwd, mayRead } = planned;
  const { signal } = context.deps;
  const local = (root: string, shown: string) => {
    const read = localFiles(root, signal, shown);
    return (path: string, limit: number) =>
      mayRead(`${root}/${path}`) ? read(path, limit) : Promise.resolve(undefined);
  };
  const below = folder === undefined ? undefined : local(folder, cleanPath(typedFolder));
  const here = local(cwd, ".");
  return async (name, limit) => {
    if (name === "cwd://") {
      throw new PolicyFileError("stat", `invalid policy filename ${JSON.stringify(name)}`);
    }
    if (name.startsWith("cwd://")) return await here(nameInFolder(name.slice(6), ""), limit);
    if (below) return await below(nameInFolder(name, typedFolder), limit);
    if (!isRemote) return undefined;
    const path = remotePath(name);
    const far = {
      url: build.inputs.state.localPath,
      secrets: build.secrets,
      agents: build.agents,
    };
    const [found] = await readContextFiles(client, far, { names: [path], length: limit }, context);
    return found;
  };
}

/**
 * A path in a remote context, where `..` and a leading `/` can't leave the context. Throws
 * `UsageError`.
 */
function remotePath(name: string): string {
  const path = cleanPath(`/${name}`).slice(1);
  if (path !== "") return path;
  throw new UsageError(`invalid remote policy filename ${JSON.stringify(name)}`);
}

function neverAsked({ all }: PlannedPolicies): UsageError {
  if (all.some(({ strict }) => strict)) {
    return new UsageError(
      "strict policy is not supported by the current BuildKit daemon, please upgrade to version v0.27+",
    );
  }
  return new UsageError(
    "the builder's BuildKit can't ask a policy: it is older than v0.26",
    "update the daemon to v0.27 or newer; to build without the policy: --policy disabled=true",
  );
}
