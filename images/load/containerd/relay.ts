import type { ServerCall } from "../../../buildkit/grpc/call.ts";
import type { Calls } from "./client.ts";
import { onAbort } from "../../../base/async.ts";

/** The number of bytes that may wait on either side before the other side is slowed down. */
const WAITING = 1 << 20;

/**
 * Relays a call and its answers without decoding the messages. Rejects with containerd's error,
 * which then reaches the daemon, too.
 */
export async function relayTo(
  { channel, metadata, signal }: Calls,
  call: ServerCall,
): Promise<void> {
  const out = channel.call(call.path, { metadata, signal });
  using _cancelling = onAbort(call.signal, () => out.cancel());
  try {
    const there = call.receive((message) => {
      out.send(message.slice());
      return out.drained(WAITING).catch(() => {});
    }).then(() => out.endSend());
    there.catch(() => {});
    await out.receive((message) => {
      call.send(message.slice());
      return call.drained(WAITING).catch(() => {});
    });
  } finally {
    out.cancel();
  }
}
