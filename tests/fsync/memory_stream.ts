/**
 * Two ends of one call in memory, instead of gRPC. Sent bytes are copied, and wait until the other
 * end reads.
 */
import type { PacketStream } from "../../buildkit/fsync/stream.ts";

/** One end, and the actions of gRPC on it. */
export interface MemoryEnd extends PacketStream {
  /** No more messages from this end. */
  end(): void;
  /** The call is over with an error, for both ends. */
  cut(error: Error): void;
}

/** A connected pair. */
export function memoryStreams(): [MemoryEnd, MemoryEnd] {
  const over = new AbortController();
  const [ab, ba] = [makeQueue(over.signal), makeQueue(over.signal)];
  return [makeEnd(ab, ba, over), makeEnd(ba, ab, over)];
}

interface Queue {
  push(message: Uint8Array): void;
  end(): void;
  drained(below: number): Promise<void>;
  read(): Promise<Uint8Array | undefined>;
}

function makeQueue(signal: AbortSignal): Queue {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  let changed = Promise.withResolvers<void>();
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  signal.addEventListener("abort", change);
  return {
    push(message) {
      waiting.push(message);
      bytes += message.length;
      change();
    },
    end() {
      ended = true;
      change();
    },
    async drained(below) {
      while (bytes >= below && !signal.aborted) await changed.promise;
      signal.throwIfAborted();
    },
    async read() {
      while (waiting.length === 0 && !ended && !signal.aborted) await changed.promise;
      signal.throwIfAborted();
      const message = waiting.shift();
      bytes -= message?.length ?? 0;
      change();
      return message;
    },
  };
}

function makeEnd(out: Queue, into: Queue, over: AbortController): MemoryEnd {
  return {
    send(head, body, taken) {
      const message = new Uint8Array(head.length + (body?.length ?? 0));
      message.set(head);
      if (body !== undefined) message.set(body, head.length);
      out.push(message);
      if (taken !== undefined) queueMicrotask(taken);
    },
    drained: out.drained,
    async receive(onMessage) {
      for (let message = await into.read(); message !== undefined; message = await into.read()) {
        await onMessage(message);
        message.fill(0xaa); // whoever keeps a view of it reads nonsense
      }
    },
    report: () => {},
    signal: over.signal,
    end: out.end,
    cut: (error) => over.abort(error),
  };
}
