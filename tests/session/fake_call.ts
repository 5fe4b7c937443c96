/** A call of the daemon's, without a daemon: messages in, messages out. Deno tests only. */
import type { Handler, ServerCall, Service } from "../../buildkit/grpc/call.ts";
import type { Metadata } from "../../buildkit/grpc/metadata.ts";

/** The options of a fake call. */
export interface FakeCallOptions {
  readonly metadata?: Metadata;
  readonly messages?: Iterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Never ends its messages; the call then ends by `signal` only. */
  readonly open?: boolean;
}

/** Runs one method of a service and returns the sent messages. Rejects with the method's error. */
export async function callMethod(
  service: Service,
  path: string,
  options: FakeCallOptions = {},
): Promise<Uint8Array[]> {
  const handler: Handler | undefined = service[path];
  if (!handler) throw new Error(`${path} is not served`);
  const sent: Uint8Array[] = [];
  await handler(fakeCall(path, options, sent));
  return sent;
}

/** As the real one, it hands every message over in one buffer that it overwrites. */
export function fakeCall(path: string, options: FakeCallOptions, sent: Uint8Array[]): ServerCall {
  const signal = options.signal ?? new AbortController().signal;
  return {
    path,
    metadata: options.metadata ?? [],
    signal,
    send(head, body, taken) {
      sent.push(body ? new Uint8Array([...head, ...body]) : head.slice());
      taken?.();
    },
    report() {},
    drained: () => Promise.resolve(),
    async receive(onMessage) {
      let buffer = new Uint8Array(0);
      for (const message of options.messages ?? []) {
        signal.throwIfAborted();
        if (buffer.length < message.length) buffer = new Uint8Array(message.length);
        const view = buffer.subarray(0, message.length);
        view.set(message);
        const wait = onMessage(view);
        view.fill(0xee);
        if (wait) await wait;
      }
      if (!options.open) return;
      await new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
  };
}

/** A BytesMessage with this data. */
export function bytesMessage(data: Uint8Array): Uint8Array {
  const head = [0x0a];
  let rest = data.length;
  while (rest > 0x7f) {
    head.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  head.push(rest);
  const message = new Uint8Array(head.length + data.length);
  message.set(head);
  message.set(data, head.length);
  return message;
}
