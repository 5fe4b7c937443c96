/** Finds out whether an engine has GPUs, by a container that requests one. */
import { graceAfter, onAbort } from "../../../base/async.ts";
import { fieldsOf, itemsOf } from "../../../base/json.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { ALL_GPUS } from "./body.ts";
import { ask, GRACE, type NodeContainer, statusOf } from "./node_container.ts";

/** The time limit of a probe, in ms. */
const LIMIT = 20_000;
/** The number of probes before one is given up that another client keeps removing. */
const MOST_TRIES = 5;
/** The label of a probe, with the name of the container that it is for. */
const LABEL = "fairlead.probe-for";

/**
 * Whether the engine has GPUs: it starts a container that requests one, and that may fail.
 * Undefined while the image is missing. After Ctrl-C the answer is worthless, but the container
 * doesn't stay.
 */
export async function hasGpus(
  at: NodeContainer,
  image: string,
  { env, log, signal }: DialContext,
): Promise<boolean | undefined> {
  const limit = AbortSignal.any([AbortSignal.timeout(LIMIT), graceAfter(signal, GRACE)]);
  const context = { env, log, step: () => {}, signal: limit };
  for (let tries = 1;; tries++) {
    let id: string;
    try {
      const { Id } = await ask(at, "POST", "/containers/create", context, {
        Image: image,
        Entrypoint: ["/bin/true"],
        Labels: { [LABEL]: at.name },
        HostConfig: { NetworkMode: "none", AutoRemove: true, DeviceRequests: ALL_GPUS },
      }) as { Id: string };
      id = Id;
    } catch (error) {
      return statusOf(error) === 404 ? undefined : false;
    }
    const remove = () =>
      ask(at, "DELETE", `/containers/${id}?force=1&v=1`, context).catch(() => {});
    let removed: Promise<unknown> | undefined;
    using _ = onAbort(signal, () => removed = remove());
    try {
      await ask(at, "POST", `/containers/${id}/start`, context);
      return true;
    } catch (error) {
      // Some engines keep the container, though it was created with AutoRemove.
      await (removed ?? remove());
      if (statusOf(error) !== 404 || tries === MOST_TRIES || signal.aborted) return false;
    }
  }
}

/**
 * The probes that killed clients left unstarted. A probe of a living client may be among them: if
 * that is removed, the client makes another.
 */
export async function unstartedProbes(at: NodeContainer, context: DialContext): Promise<string[]> {
  if (at.tool.kind !== "docker") return [];
  const filters = JSON.stringify({ label: [`${LABEL}=${at.name}`], status: ["created"] });
  const query = new URLSearchParams({ all: "1", filters });
  const found = await ask(at, "GET", `/containers/json?${query}`, context).catch(() => []);
  context.signal.throwIfAborted();
  return itemsOf(found).map((each) => String(fieldsOf(each)["Id"]));
}

/** Removes probes; without force, because one that runs is in use. */
export async function removeProbes(
  at: NodeContainer,
  ids: readonly string[],
  context: DialContext,
): Promise<void> {
  const remove = (id: string) => ask(at, "DELETE", `/containers/${id}?v=1`, context);
  await Promise.allSettled(ids.map(remove));
}
