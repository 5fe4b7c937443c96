/** The daemon's records of builds, over the Control API (since BuildKit 0.11). */
import { ControlDefinition } from "../proto/gen/control.ts";
import type {
  BuildHistoryEvent,
  BuildHistoryRequest,
  UpdateBuildHistoryRequest,
} from "../proto/gen/control_types.ts";
import { messageOf } from "../proto/message_of.ts";
import type { Client } from "./client.ts";
import { pathOf } from "./grpc/call.ts";
import type { CallOptions } from "./grpc/channel.ts";
import { first } from "./grpc/metadata.ts";
import { Code, RpcError } from "./grpc/status.ts";

/** A daemon that is too old to keep records. */
export class NoHistoryError extends Error {
  /** The class of the error, for programs. */
  override readonly name = "NoHistoryError";
  /** The action. */
  readonly hint = "BuildKit keeps records of builds since v0.11: update the daemon";
  /** @internal */
  constructor(cause: RpcError) {
    super("the daemon has no build history", { cause });
  }
}

/** The result of `listHistory`. */
export interface HistoryPage {
  /** The records, the newest last. */
  readonly events: readonly BuildHistoryEvent[];
  /**
   * The daemon's clock when it answered, RFC 3339; undefined from a daemon that doesn't report it.
   */
  readonly now: string | undefined;
}

/** The most that a list of records may have, in bytes: a daemon could send records without end. */
const LARGEST = 64 << 20;

/**
 * Lists the present records. `Limit` counts from the newest; 0 is all of them. `Filter` is as in
 * `diskUsage`. An old daemon ignores both. Throws
 * `NoHistoryError`, and `RpcError` for more than 64 MiB of records.
 */
export async function listHistory(
  client: Client,
  request: Partial<BuildHistoryRequest>,
  options?: CallOptions,
): Promise<HistoryPage> {
  const { listenBuildHistory } = ControlDefinition.methods;
  const { requestType, responseType } = listenBuildHistory;
  const whole = messageOf(requestType, { ...request, EarlyExit: true });
  const events: BuildHistoryEvent[] = [];
  let size = 0;
  return await explained(async () => {
    const call = client.channel.call(pathOf(ControlDefinition, listenBuildHistory), options);
    call.send(requestType.encode(whole).finish());
    call.endSend();
    await call.receive((bytes) => {
      size += bytes.length;
      if (size > LARGEST) {
        throw new RpcError(Code.RESOURCE_EXHAUSTED, "the records of builds exceed 64 MiB");
      }
      events.push(responseType.decode(bytes.slice()));
    });
    return { events, now: first(await call.headers, "buildkit-current-timestamp") };
  });
}

/**
 * Follows the records: first the present ones, then each record that begins, ends or is deleted.
 * Resolves when the daemon ends the stream. Throws `NoHistoryError`, or the signal's reason.
 */
export async function followHistory(
  client: Client,
  request: Partial<BuildHistoryRequest>,
  onEvent: (event: BuildHistoryEvent) => void,
  options?: CallOptions,
): Promise<void> {
  const { listenBuildHistory } = ControlDefinition.methods;
  const whole = messageOf(listenBuildHistory.requestType, request);
  await explained(() =>
    client.channel.serverStream(ControlDefinition, listenBuildHistory, whole, onEvent, options)
  );
}

/**
 * Deletes, pins or finalizes a record; the daemon does one of these in a call. To finalize is to
 * write the trace of an ended build at once, and not some seconds later. Throws `NoHistoryError`.
 */
export async function updateHistory(
  client: Client,
  request: Partial<UpdateBuildHistoryRequest>,
  options?: CallOptions,
): Promise<void> {
  const { updateBuildHistory } = ControlDefinition.methods;
  const whole = messageOf(updateBuildHistory.requestType, request);
  await explained(() =>
    client.channel.unary(ControlDefinition, updateBuildHistory, whole, options)
  );
}

async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const unknown = error instanceof RpcError && error.code === Code.UNIMPLEMENTED;
    throw unknown ? new NoHistoryError(error) : error;
  }
}
