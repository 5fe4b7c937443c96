/** Says in words what is there of a node's container. */
import type { DialContext } from "../../../transports/transport.ts";
import type { MadeState } from "../../making/maker.ts";
import { volumeOf } from "./body.ts";
import { ask, inspect, type Inspected, type NodeContainer, unlessGone } from "./node_container.ts";

const GIB = 1 << 30;

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
  const end = endOf(found);
  const memory = HostConfig?.Memory ? `, memory ${amountOf(HostConfig.Memory)}` : "";
  const times = RestartCount === 0 ? "never restarted" : `restarted ${RestartCount} times`;
  const more = [
    `image ${Config?.Image ?? "unknown"}${memory}, volume ${volume}${
      hasVolume ? "" : " (missing)"
    }`,
    ...end === undefined ? [] : [`${end}: see ${program} logs ${name}`],
  ];
  return {
    what: "container",
    text: `${name} is ${state.Status ?? "in an unknown state"}` +
      `${state.Running ? ` since ${state.StartedAt?.slice(0, 19)}Z` : ""}, ${times}`,
    more,
    isWell: state.Running === true && RestartCount === 0 && hasVolume,
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

/** How the container ended the last time; undefined where nothing was wrong. */
export function endOf({ State: state = {} }: Inspected): string | undefined {
  const { OOMKilled, ExitCode = 0, Error: problem, FinishedAt = "0001" } = state;
  if (OOMKilled) return "it ran out of memory and was killed: raise --driver-opt memory";
  if (problem) return `it ended: ${problem}`;
  // 137 and 143 are a kill and a stop.
  if (FinishedAt.startsWith("0001") || [0, 137, 143].includes(ExitCode)) return undefined;
  return `it ended with exit code ${ExitCode}`;
}

export async function volumeExists(at: NodeContainer, context: DialContext): Promise<boolean> {
  const path = `/volumes/${volumeOf(at.node)}`;
  return await ask(at, "GET", path, context).catch(unlessGone) !== undefined;
}

const amountOf = (bytes: number) => `${Math.round(bytes / GIB * 10) / 10} GiB`;
