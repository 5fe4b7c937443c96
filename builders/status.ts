import type { GCPolicy, WorkerRecord } from "../proto/gen/worker.ts";
import { DialError } from "../transports/errors.ts";
import { redactedEndpoint, type Registry } from "../transports/registry.ts";
import type { DialStep, Env } from "../transports/transport.ts";
import type { Builder } from "./builder.ts";
import type { Connect, NodeClient } from "./connect.ts";
import { abortable, onAbort, withTimeout } from "../base/async.ts";
import { drivers } from "./drivers/all.ts";
import type { StoredNode } from "./store/node_group.ts";
import { distinctPlatforms, type Platform } from "./platforms.ts";
import { daemonsOf, nodeTarget, reachNode } from "./reach_node.ts";

/** The known facts about a node, from the store and from its daemon. */
export interface NodeStatus {
  readonly node: StoredNode;
  /** The node's endpoint in the store, without secrets. */
  readonly endpoint: string;
  /**
   * `running`: the daemon answered. `stopped`: the container or pod doesn't run. `inactive`: the
   * container or pod is missing, or a remote daemon can't be reached. `error`: the node can't be
   * asked, or its entry in the store is wrong. `unsupported`: fairlead lacks the driver, so it
   * asked no daemon. Else the step in which the node hangs: `connecting…`.
   */
  readonly status: string;
  /** Why it isn't running. */
  readonly error?: unknown;
  /** buildkitd's version, `v0.32.2`; empty when unknown. */
  readonly version: string;
  /** The ids of its workers, sorted. */
  readonly ids: readonly string[];
  /** The platforms fixed in the store, then those that its workers report. */
  readonly platforms: readonly Platform[];
  readonly gcPolicy: readonly GCPolicy[];
  readonly labels: Readonly<Record<string, string>>;
  readonly devices: WorkerRecord["CDIDevices"];
}

/** A builder with what is known of its nodes. */
export interface BuilderStatus {
  readonly builder: Builder;
  readonly nodes: readonly NodeStatus[];
}

export interface AskOptions {
  readonly registry: Registry;
  readonly connect: Connect;
  readonly env: Env;
  readonly log: (line: string) => void;
  /** Ends all questions, which then reject with the signal's reason. */
  readonly signal: AbortSignal;
  /**
   * Milliseconds after which a silent node is given up. 0: never.
   */
  readonly timeout: number;
  /** True to show a silent node with the step it hangs in, not with an error. */
  readonly showStep: boolean;
}

/**
 * Asks every node of every builder, all at once. The failure of a node doesn't affect the others.
 * If all nodes of a builder have members, each member is shown as a node, and the builder as
 * dynamic, as in buildx. Otherwise the first member of each node is shown.
 */
export function askBuilders(
  builders: readonly Builder[],
  options: AskOptions,
): Promise<BuilderStatus[]> {
  return Promise.all(builders.map(async (builder) => {
    const asked = await Promise.all(
      builder.nodes.map((node) => askDaemons(builder, node, options)),
    );
    const nodes = asked.flat();
    const dynamic = nodes.length > 0 && nodes.every(({ node }) => node.member !== undefined);
    return dynamic
      ? { builder: { ...builder, dynamic }, nodes }
      : { builder, nodes: asked.map(([first]) => first!) };
  }));
}

/** Asks every daemon of a node: at least one. */
async function askDaemons(
  builder: Builder,
  node: StoredNode,
  options: AskOptions,
): Promise<NodeStatus[]> {
  let daemons: readonly StoredNode[] = [node];
  const found = await stateFrom(builder, node, options, async (deadline, step) => {
    const { env, log } = options;
    const context = { signal: deadline, env, log, step };
    daemons = await abortable(daemonsOf(builder, node, context), deadline);
    return {};
  });
  // If the daemons can't be found, the node itself gets the error.
  if (found.error !== undefined) {
    return [{ ...found, endpoint: withoutSecrets(builder, node, options) }];
  }
  return await Promise.all(daemons.map((daemon) => askNode(builder, daemon, options)));
}

/** Asks one node. Rejects only when `options.signal` is aborted. */
export async function askNode(
  builder: Builder,
  node: StoredNode,
  options: AskOptions,
): Promise<NodeStatus> {
  const found = await stateFrom(
    builder,
    node,
    options,
    (deadline, step) => ask(builder, node, options, deadline, step),
  );
  // Only a plugin that has run knows which of its options are secret, so this comes last.
  return { ...found, endpoint: withoutSecrets(builder, node, options) };
}

/** Endpoints of other drivers are buildx's own, without anything that could be secret. */
function withoutSecrets(builder: Builder, node: StoredNode, options: AskOptions): string {
  if (builder.driver !== "remote") return node.endpoint;
  try {
    const { registry, endpoint } = nodeTarget(builder, node, options);
    return redactedEndpoint(registry, endpoint);
  } catch {
    // Its driver options are wrong.
    return redactedEndpoint(options.registry, node.endpoint);
  }
}

type Step = (step: DialStep | "answer", detail?: string) => void;

/** The state that `work` finds, or the error if `work` can't ask the node. */
async function stateFrom(
  builder: Builder,
  node: StoredNode,
  options: AskOptions,
  work: (deadline: AbortSignal, step: Step) => Promise<Partial<NodeStatus>>,
): Promise<Omit<NodeStatus, "endpoint">> {
  const unknown = {
    node,
    version: "",
    ids: [],
    platforms: node.platforms ?? [],
    gcPolicy: [],
    labels: {},
    devices: [],
  };
  if (!drivers.some(({ name }) => name === builder.driver)) {
    return { ...unknown, status: "unsupported" };
  }
  try {
    checkNode(builder, node, options);
  } catch (error) {
    return { ...unknown, status: "error", error };
  }
  const place: { step: DialStep | "answer"; detail?: string | undefined } = { step: "connect" };
  const deadline = withTimeout(options.signal, options.timeout);
  try {
    const found = await work(deadline, (step, detail) => {
      place.step = step;
      place.detail = detail;
    });
    return { ...unknown, ...found, status: "running" };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!deadline.aborted) return { ...unknown, status: unreachableStatus(builder, error), error };
    const silent = new SilentNode(options.timeout, place.step, place.detail, error);
    const status = options.showStep ? `${doing[place.step]}…` : "inactive";
    return { ...unknown, status, error: silent };
  }
}

/** Checks a node without its daemon. Throws `EndpointError` or `BuilderError`. */
function checkNode(
  builder: Builder,
  node: StoredNode,
  surroundings: Pick<AskOptions, "registry" | "env">,
): void {
  const { registry, endpoint } = nodeTarget(builder, node, surroundings);
  registry.find(endpoint).parse(endpoint);
}

/** buildx's word for a node that doesn't answer. */
function unreachableStatus({ driver }: Builder, error: unknown): string {
  if (driver === "remote") return "inactive";
  const state = error instanceof DialError ? error.state : undefined;
  return state === "stopped" ? "stopped" : state === "missing" ? "inactive" : "error";
}

async function ask(
  builder: Builder,
  node: StoredNode,
  options: AskOptions,
  deadline: AbortSignal,
  step: Step,
) {
  const { registry, connect, env, log } = options;
  const context = { signal: deadline, env, log, step };
  const client = await reachNode(
    { builder, node, registry, env },
    (target) => connect({ ...target, context }),
  );
  const close = closing(client);
  using _closing = onAbort(deadline, close);
  try {
    step("answer");
    // Both questions are asked at once, because each takes a round trip over ssh or a cluster.
    const answers = Promise.all([client.listWorkers(), client.info()]);
    const [workers, info] = await abortable(answers, deadline);
    return {
      version: info?.version ?? await client.knownVersion?.(deadline) ?? "",
      ids: workers.map((worker) => worker.ID).sort(),
      platforms: node.member?.platforms ?? distinctPlatforms([
        ...node.platforms ?? [],
        ...workers.flatMap((worker) => worker.platforms.map(platformOf)),
      ]),
      gcPolicy: workers[0]?.GCPolicy ?? [],
      labels: workers[0]?.Labels ?? {},
      devices: workers.at(-1)?.CDIDevices ?? [],
    };
  } finally {
    // A daemon that gave no answer in time wouldn't answer the close either.
    if (!deadline.aborted) await close();
  }
}

function closing(client: NodeClient): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => closed ??= client.close().catch(() => {});
}

/** A platform of the wire, where an empty text stands for none. */
export function platformOf(wire: WorkerRecord["platforms"][number]): Platform {
  return {
    os: wire.OS,
    architecture: wire.Architecture,
    ...wire.Variant && { variant: wire.Variant },
    ...wire.OSVersion && { osVersion: wire.OSVersion },
    ...wire.OSFeatures.length > 0 && { osFeatures: wire.OSFeatures },
  };
}

const doing: Readonly<Record<DialStep | "answer", string>> = {
  resolve: "resolving",
  connect: "connecting",
  authenticate: "authenticating",
  upgrade: "upgrading",
  exec: "starting",
  tls: "TLS handshake",
  http2: "HTTP/2 greeting",
  answer: "waiting",
};

function doingWhat(step: DialStep | "answer", detail: string | undefined): string {
  if (step === "answer") return "connected, waiting for its first reply";
  return detail ? `${doing[step]} (${detail})` : doing[step];
}

/** The error of a node that gave neither answer nor error in time. */
export class SilentNode extends Error {
  override readonly name = "SilentNode";
  readonly hint = "check that the daemon is running, or wait longer with --timeout";
  constructor(
    ms: number,
    step: DialStep | "answer",
    detail: string | undefined,
    cause: unknown,
  ) {
    const seconds = Number((ms / 1000).toFixed(2));
    super(`no answer after ${seconds}s: ${doingWhat(step, detail)}`, { cause });
  }
}
