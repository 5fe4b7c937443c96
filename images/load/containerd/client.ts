import { Channel } from "../../../buildkit/grpc/channel.ts";
import type { Metadata } from "../../../buildkit/grpc/metadata.ts";
import { Connection } from "../../../buildkit/http2/connection.ts";
import { runConnection } from "../../../buildkit/http2/connection_io.ts";
import { endWhenSilent, SILENCE } from "../../../buildkit/silence.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { unix } from "../../../transports/schemes/unix.ts";
import { askLeases, createLease, deleteLease } from "./leases.ts";
import type { ContainerdAddress } from "./load.ts";

/** Calls to containerd, with the metadata that each of them carries. */
export interface Calls {
  readonly channel: Channel;
  readonly metadata: Metadata;
  /** Ends the calls under way. */
  readonly signal: AbortSignal;
}

/** A connection to containerd. */
export interface Containerd extends Calls {
  /** Calls whose results are kept until `release`, even if no image names them. */
  leased(): Promise<Calls>;
  /** Releases the results that no image names by now. */
  release(): Promise<void>;
  close(): void;
}

/** The windows are large, because blobs come fast from this machine. */
const LIMITS = { streamWindow: 4 << 20, connectionWindow: 8 << 20 };

/** Throws `DialError`, or the signal's reason. */
export async function dialContainerd(
  { socket, namespace }: ContainerdAddress,
  context: DialContext,
): Promise<Containerd> {
  const { stream } = await unix.dial(unix.parse(`unix://${socket}`), context);
  const connection = new Connection("client", { limits: LIMITS });
  const running = runConnection(connection, stream);
  const { signal } = context;
  const plain: Calls = {
    channel: new Channel(connection, "localhost", "fairlead"),
    metadata: [["containerd-namespace", namespace]],
    signal,
  };
  const watch = endWhenSilent(connection, SILENCE, () => void askLeases(plain).catch(() => {}));
  let lease: Promise<string> | undefined;
  return {
    ...plain,
    async leased() {
      const id = await (lease ??= createLease(plain));
      return { ...plain, metadata: [...plain.metadata, ["containerd-lease", id]] };
    },
    async release() {
      if (lease !== undefined) await deleteLease(plain, await lease);
    },
    close() {
      watch[Symbol.dispose]();
      running.abort();
    },
  };
}
