import type { GCPolicy, WorkerRecord } from "../proto/gen/worker.ts";
import { DialError } from "../transports/errors.ts";
import { redactedEndpoint, type Registry } from "../transports/registry.ts";
import type { DialStep, Env } from "../transports/transport.ts";
import type { Builder } from "./builder.ts";
import type { Connect, NodeClient } from "./connect.ts";
import { Deadline } from "./deadline.ts";
import { drivers } from "./drivers/all.ts";
import type { NodeMember, StoredNode } from "./store/node_group.ts";
import { distinctPlatforms, type Platform } from "./platforms.ts";
import { membersOf, nodeTarget, reachNode } from "./reach_node.ts";

/** What is known of a node: from the store, and from its daemon. */
export interface NodeStatus {
  readonly node: StoredNode;
  /** The node's, as the store has it but without secrets. */
  readonly endpoint: string;
  /**
   * `running`: it answered. `stopped`, `inactive`: what its driver has started is stopped, or isn't
   * there; a remote one that can't be reached is inactive. `error`: it can't be asked, or what the
   * store says of it is wrong. `unsupported`: of a driver that fairlead lacks, nobody was asked. Else
   * the step that it hasn't got beyond: `connecting…`.
   */
  readonly status: string;
  /** Why it isn't running. */
  readonly error?: unknown;
  /** buildkitd's version, `v0.32.2`; empty when unknown. */
  readonly version: string;
  /** Of its workers, sorted. */
  readonly ids: readonly string[];
  /** Those fixed in the store, then those its workers report. */
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
  /** Ends all asking, and rejects with its reason. */
  readonly signal: AbortSignal;
  /**
   * Milliseconds after which a silent node is given up. 0: never.
   */
  readonly timeout: number;
  /** True to show a silent node with the step it hangs in, not with an error. */
  readonly showStep: boolean;
}

/**
 * Asks every node of every builder, all at once. A node that fails is its own matter. Where all nodes
 * of a builder have members, each of those is shown as a node, and the builder as dynamic, as buildx
 * has it; else of each node the first.
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
  let members: NodeMember[] = [];
  const found = await stateFrom(builder, node, options, async (deadline, step) => {
    const { env, log } = options;
    const context = { signal: deadline.signal, env, log, step };
    members = await deadline.race(membersOf(builder, node, context));
    return {};
  });
  // Whatever is wrong is told as by the node itself, that has none to be asked.
  if (found.error !== undefined) {
    return [{ ...found, endpoint: withoutSecrets(builder, node, options) }];
  }
  if (members.length === 0) return [await askNode(builder, node, options)];
  return await Promise.all(
    members.map((member) => askNode(builder, { ...node, member }, options)),
  );
}

/** Asks one node. Rejects only when `options.signal` is aborted. */
export async function askNode(
  builder: Builder,
  node: StoredNode,
  options: AskOptions,
): Promise<NodeStatus> {
  const found = await nodeStateOf(builder, node, options);
  // Not before: of a plugin that never ran it isn't known which options are secret.
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

function nodeStateOf(
  builder: Builder,
  node: StoredNode,
  options: AskOptions,
): Promise<Omit<NodeStatus, "endpoint">> {
  return stateFrom(
    builder,
    node,
    options,
    (deadline, step) => ask(builder, node, options, deadline, step),
  );
}

type Step = (step: DialStep | "answer", detail?: string) => void;

/** The state that `work` finds; of a node that it can't ask, why not. */
async function stateFrom(
  builder: Builder,
  node: StoredNode,
  options: AskOptions,
  work: (deadline: Deadline, step: Step) => Promise<Partial<NodeStatus>>,
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
  using deadline = new Deadline(options);
  try {
    const found = await work(deadline, (step, detail) => {
      place.step = step;
      place.detail = detail;
    });
    return { ...unknown, ...found, status: "running" };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!deadline.passed) return { ...unknown, status: unreachableStatus(builder, error), error };
    const silent = new SilentNode(options.timeout, place.step, place.detail, error);
    const status = options.showStep ? `${doing[place.step]}…` : "inactive";
    return { ...unknown, status, error: silent };
  }
}

/** Throws `EndpointError` or `BuilderError` for what no daemon has to be asked about. */
export function checkNode(
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
  deadline: Deadline,
  step: Step,
) {
  const { registry, connect, env, log } = options;
  const context = { signal: deadline.signal, env, log, step };
  const client = await reachNode(
    { builder, node, registry, env },
    (target) => connect({ ...target, context }),
  );
  const close = closing(client);
  deadline.signal.addEventListener("abort", close, { once: true });
  try {
    step("answer");
    // Not one after the other: over ssh or a cluster each takes a round trip.
    const [workers, info] = await deadline.race(Promise.all([client.listWorkers(), client.info()]));
    return {
      version: info?.version ?? await client.knownVersion?.(deadline.signal) ?? "",
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
    deadline.signal.removeEventListener("abort", close);
    // A daemon that gave no answer in time would take as long over the farewell.
    if (!deadline.signal.aborted) await close();
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

/** A node that gave neither answer nor error in time. */
export class SilentNode extends Error {
  override readonly name = "SilentNode";
  readonly hint = "wait longer with --timeout, or check that the daemon is up";
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
