/**
 * Containers of the gateway API: file systems of results, in which programs run while the build is
 * open. The daemon ends them with the build.
 */
import type {
  NewContainerRequest,
  NewContainerResponse,
  ReleaseContainerRequest,
} from "../proto/gen/gateway_containers_types.ts";
import type { Platform } from "../proto/gen/pb_types.ts";
import type { HostIP, Mount } from "../proto/gen/steps_types.ts";
import { newId } from "../base/identity.ts";
import { type FileCalls, type Files, filesOf } from "./files.ts";
import type { ClientCall } from "./grpc/channel.ts";
import { type Process, type ProcessOptions, startProcess } from "./process.ts";

/** The file systems and the network of a container. */
export interface ContainerOptions {
  /** The mounts, that of `/` among them; `resultID` is a result's ref. */
  readonly mounts: readonly Mount[];
  /** 0 for the daemon's own network, 1 for the host's, 2 for none. */
  readonly network?: number;
  /** The platform whose programs run in it; by default the daemon's. */
  readonly platform?: Platform | undefined;
  /** Lines for /etc/hosts. */
  readonly extraHosts?: readonly HostIP[];
  /** The name that programs in it see. */
  readonly hostname?: string;
}

/** A container. Its first process is its init: with that one, all others end. */
export interface Container {
  /** The files of a mount, by its place in the list of mounts. */
  files(mount: number): Files;
  /** Starts a program. Rejects when it can't be started. */
  start(options: ProcessOptions): Promise<Process>;
  /** Ends all its programs, and removes it. Never rejects; may be called more than once. */
  release(): Promise<void>;
}

/** The calls that a container needs. */
interface ContainerCalls {
  newContainer(request: Partial<NewContainerRequest>): Promise<NewContainerResponse>;
  releaseContainer(request: ReleaseContainerRequest): Promise<unknown>;
  /** The three calls on the files of mounts. */
  readonly files: FileCalls;
  /** Opens the stream of a process. */
  exec(): ClientCall;
}

/** Makes a container. Rejects with the daemon's error. */
export async function openContainer(
  calls: ContainerCalls,
  { mounts, network = 0, platform, extraHosts = [], hostname = "" }: ContainerOptions,
): Promise<Container> {
  const ContainerID = newId();
  await calls.newContainer({
    ContainerID,
    Mounts: [...mounts],
    Network: network,
    platform,
    extraHosts: [...extraHosts],
    hostname,
  });
  let released: Promise<void> | undefined;
  return {
    files: (mount) => filesOf(calls.files, ContainerID, mount),
    start: (options) => startProcess(calls.exec(), ContainerID, options),
    // The daemon answers with the exit code of the first process, or that the build is over.
    release: () => released ??= calls.releaseContainer({ ContainerID }).then(() => {}, () => {}),
  };
}
