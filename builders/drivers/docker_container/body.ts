/**
 * The container of a `docker-container` node, as the engine's API takes it; the same as buildx's.
 */
import { CONFIG_DIR, CONFIG_FILE } from "../../making/config_paths.ts";
import { listenPort } from "../../making/listening.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { volumeOf } from "./names.ts";
import type { ContainerOptions } from "./options.ts";

/** The daemon's folder for its cache and records, in the container. */
export const STATE_DIR = "/var/lib/buildkit";

/** The facts about the engine on which the container depends. */
export interface EngineFacts {
  /** `cgroupfs` or `systemd`; undefined where the engine didn't say. */
  readonly cgroupDriver?: string;
  /** The engine maps users of containers to others (`userns-remap`). */
  readonly usernsRemap: boolean;
  /** The container gets every GPU. */
  readonly gpus: boolean;
  /** A folder of WSL with the libraries of GPUs, mounted at the same path. */
  readonly wslLibraries?: string;
}

/** The graphics cards of a request for all of them. */
export const ALL_GPUS = [{ Driver: "", Count: -1, Capabilities: [["gpu"]], Options: {} }];

/** The body of `POST /containers/create?name=NAME`. */
export function containerBody(
  node: StoredNode,
  options: ContainerOptions,
  { cgroupDriver, usernsRemap, gpus, wslLibraries }: EngineFacts,
): Readonly<Record<string, unknown>> {
  const hasConfig = node.files?.[CONFIG_FILE] !== undefined;
  const mounts = [
    { Type: "volume", Source: volumeOf(node), Target: STATE_DIR },
    ...wslLibraries === undefined
      ? []
      : [{ Type: "bind", Source: wslLibraries, Target: wslLibraries, ReadOnly: true }],
  ];
  const port = options.limits["NetworkMode"] === "host" ? undefined : listenPort(node);
  return {
    ...port !== undefined && { ExposedPorts: { [`${port}/tcp`]: {} } },
    Image: options.image,
    ...options.env.length > 0 && { Env: options.env },
    // The user's own flags come later, so that they may name another file.
    Cmd: [
      ...hasConfig ? ["--config", `${CONFIG_DIR}/${CONFIG_FILE}`] : [],
      ...node.flags ?? [],
    ],
    HostConfig: {
      Privileged: true,
      // Processes that a build leaves behind are reaped.
      Init: true,
      RestartPolicy: options.restartPolicy,
      Mounts: mounts,
      ...port !== undefined && {
        PortBindings: { [`${port}/tcp`]: [{ HostIp: "", HostPort: String(port) }] },
      },
      ...options.limits,
      ...gpus && { DeviceRequests: ALL_GPUS },
      ...cgroupDriver === "cgroupfs" && { CgroupParent: options.cgroupParent || "/docker/buildx" },
      ...usernsRemap && { UsernsMode: "host" },
    },
  };
}
