/** Says in words what is there of a node's container. */
import { onAbort } from "../../../base/async.ts";
import type { DialContext } from "../../../transports/transport.ts";
import type { MadeState } from "../../making/maker.ts";
import { reasonIn } from "../../making/log_reason.ts";
import { STATE_DIR } from "./body.ts";
import { lastLines } from "./container_log.ts";
import { volumeOf } from "./names.ts";
import {
  ask,
  inspect,
  type Inspected,
  type NodeContainer,
  run,
  unlessGone,
} from "./node_container.ts";
import { remedyFor } from "./remedy.ts";

const GIB = 1 << 30, MIB = 1 << 20;
/** A disk with less room is full: a step of a build may need as much. In bytes. */
const LEAST_FREE = 100 * MIB;
/** The number of restarts after which the reason is looked for in the log. */
const MOST_RESTARTS = 3;
const DISK_REMEDY = "remove what is not in use by fairlead prune --all, or make the disk larger";
/** buildkitd's last words after a signal. */
const STOPPED = /\bgot (?:\d+ )?SIGTERM/;
/** The engine's states in words. */
const WORDS: Readonly<Record<string, string>> = {
  created: "was created, but never started",
  exited: "has ended",
  restarting: "ends as soon as it is started, and is started again and again",
};

export async function examineContainer(
  at: NodeContainer,
  context: DialContext,
): Promise<MadeState> {
  const found = await inspect(at, context);
  const hasVolume = await volumeExists(at, context);
  const { name, tool: { program } } = at;
  const volume = volumeOf(at.node);
  const data = { container: name, volume: hasVolume ? volume : null };
  if (found === undefined) {
    const text = `there is no container ${name}` +
      (hasVolume ? `; its cache is still in the volume ${volume}` : "");
    return { what: "container", text, more: [], isWell: false, data };
  }
  const { State: state = {}, Config, HostConfig, RestartCount = 0 } = found;
  const end = await endOf(at, found, context) ??
    (RestartCount < MOST_RESTARTS ? undefined : await lastWords(at, context));
  const memory = HostConfig?.Memory ? `, memory ${amountOf(HostConfig.Memory)}` : "";
  const times = RestartCount === 0 ? "never restarted" : `restarted ${RestartCount} times`;
  const disk = state.Status === "running" ? await fullDisk(at, context) : undefined;
  const remedy = end === undefined || state.OOMKilled
    ? undefined
    : remedyFor(end, { program }) ?? `see ${program} logs ${name}`;
  const more = [
    `image ${Config?.Image ?? "unknown"}${memory}, volume ${volume}${
      hasVolume ? "" : " (missing)"
    }`,
    ...end === undefined ? [] : [end],
    ...remedy === undefined ? [] : [`hint: ${remedy}`],
    ...disk === undefined ? [] : [disk, `hint: ${DISK_REMEDY}`],
  ];
  return {
    what: "container",
    text: `${name} ${WORDS[state.Status ?? ""] ?? `is ${state.Status ?? "in an unknown state"}`}` +
      `${state.Status === "running" ? ` since ${state.StartedAt?.slice(0, 19)}Z` : ""}, ${times}`,
    more,
    isWell: state.Status === "running" && RestartCount === 0 && hasVolume && disk === undefined,
    why: end !== undefined
      ? `container ${name}: ${end}${remedy === undefined ? "" : `; ${remedy}`}`
      : disk !== undefined
      ? `container ${name}: ${disk}; ${DISK_REMEDY}`
      : undefined,
    data: {
      ...data,
      state: state.Status,
      restarts: RestartCount,
      outOfMemory: state.OOMKilled ?? false,
      exitCode: state.ExitCode,
      image: Config?.Image,
    },
  };
}

/** The reason in the log of a container that may run at this moment, but never for long. */
async function lastWords(at: NodeContainer, context: DialContext): Promise<string | undefined> {
  const reason = reasonIn(await lastLines(at, context).catch(() => []));
  context.signal.throwIfAborted();
  return reason && `it is restarted again and again; its log says: ${reason}`;
}

/**
 * Says that the disk with the daemon's cache is full; undefined if it isn't, or can't be measured.
 */
async function fullDisk(at: NodeContainer, context: DialContext): Promise<string | undefined> {
  try {
    const stream = await run(at, ["df", "-kP", STATE_DIR], context);
    using _ = onAbort(context.signal, () => stream.close());
    const bytes = new Uint8Array(1024);
    let text = "";
    for (let n; text.length < 4096 && (n = await stream.read(bytes)) !== null;) {
      text += new TextDecoder().decode(bytes.subarray(0, n));
    }
    stream.close();
    const [, size, free] = /\s(\d+)\s+\d+\s+(\d+)\s+\d+%/.exec(text) ?? [];
    if (size === undefined || Number(free) * 1024 >= LEAST_FREE) return undefined;
    return `the disk of its cache is full: ${amountOf(Number(free) * 1024)} of ` +
      `${amountOf(Number(size) * 1024)} are left`;
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
}

/** How the container ended the last time; undefined where nothing was wrong. */
export async function endOf(
  at: NodeContainer,
  { State: state = {} }: Inspected,
  context: DialContext,
): Promise<string | undefined> {
  const { OOMKilled, ExitCode = 0, Error: problem, FinishedAt = "0001" } = state;
  if (OOMKilled) return "it ran out of memory and was killed: raise --driver-opt memory";
  if (problem) return `it ended: ${problem}`;
  // 137 and 143 are a kill and a stop.
  if (FinishedAt.startsWith("0001") || [0, 137, 143].includes(ExitCode)) return undefined;
  const log = await lastLines(at, context).catch(() => []);
  context.signal.throwIfAborted();
  // buildkitd ends with exit code 1 when it is stopped, too.
  if (log.slice(-10).some((line) => STOPPED.test(line))) return undefined;
  const reason = reasonIn(log);
  return `it ended with exit code ${ExitCode}${reason === undefined ? "" : `: ${reason}`}`;
}

export async function volumeExists(at: NodeContainer, context: DialContext): Promise<boolean> {
  const path = `/volumes/${volumeOf(at.node)}`;
  return await ask(at, "GET", path, context).catch(unlessGone) !== undefined;
}

const amountOf = (bytes: number) =>
  bytes < GIB ? `${Math.round(bytes / MIB)} MiB` : `${Math.round(bytes / GIB * 10) / 10} GiB`;
