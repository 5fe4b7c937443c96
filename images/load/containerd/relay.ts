import type { ServerCall } from "../../../buildkit/grpc/call.ts";
import type { Calls } from "./client.ts";

/** Bytes that may wait on either side before the other one is held back. */
const WAITING = 1 << 20;

/**
 * Hands a call on as it is, messages unread, and its answers back. Rejects with the error that
 * containerd ends it with, which is then the daemon's, too.
 */
export async function relayTo(
  { channel, metadata, signal }: Calls,
  call: ServerCall,
): Promise<void> {
  const out = channel.call(call.path, { metadata, signal });
  const stop = () => out.cancel();
  call.signal.addEventListener("abort", stop, { once: true });
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
    call.signal.removeEventListener("abort", stop);
    out.cancel();
  }
}
