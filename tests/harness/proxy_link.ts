/** One connection through the proxy: for each direction a reader, a queue and a writer. */
import { writeAll } from "../../base/bytes.ts";
import type { Impairment } from "./proxy.ts";

export interface Link {
  close(): void;
  /** Both directions are over and both ends are closed. */
  readonly ended: Promise<void>;
}

export interface LinkOptions {
  up: Impairment;
  down: Impairment;
  /** Called with the client's bytes alone. */
  hear: (bytes: Uint8Array) => void;
  passed: (direction: "up" | "down", count: number) => void;
  /** A promise that is pending while nothing may pass. */
  open: (direction: "up" | "down") => Promise<void>;
}

/** The capacity of a real link's buffers, besides the bytes under way. */
const queueBytes = 256 * 1024;

export function link(client: Deno.Conn, daemon: Deno.Conn, options: LinkOptions): Link {
  const closing = Promise.withResolvers<void>();
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    closing.resolve();
    client.close();
    daemon.close();
  };
  const direction = (name: "up" | "down", from: Deno.Conn, to: Deno.Conn) =>
    pump(from, to, options[name], {
      hear: name === "up" ? options.hear : () => {},
      passed: (count) => options.passed(name, count),
      open: () => Promise.race([options.open(name), closing.promise]),
      closed: () => closed,
      closing: closing.promise,
      cut: close,
    });
  const ended = Promise.all([direction("up", client, daemon), direction("down", daemon, client)])
    .then(close);
  return { close, ended };
}

interface Hooks {
  hear: (bytes: Uint8Array) => void;
  passed: (count: number) => void;
  open: () => Promise<void>;
  closed: () => boolean;
  closing: Promise<void>;
  cut: () => void;
}

/** Resolves when this direction is over: its end was passed on, or the connection was closed. */
async function pump(from: Deno.Conn, to: Deno.Conn, impairment: Impairment, hooks: Hooks) {
  const { delayMs = 0, bytesPerSecond = Infinity } = impairment;
  const limit = impairment.cutAfter ?? impairment.stallAfter ?? Infinity;
  // A long and wide link holds what is under way, and the queue must not make it slower.
  const room = queueBytes + Math.min(delayMs / 1000 * bytesPerSecond, 64 << 20);
  const queue = makeQueue(room);
  let lineFree = 0;

  const reading = (async () => {
    const buffer = new Uint8Array(64 * 1024);
    try {
      while (true) {
        const count = await from.read(buffer);
        if (count === null) break;
        // Bytes leave a narrow line one after another; each then travels for the delay.
        lineFree = Math.max(performance.now(), lineFree) + count / bytesPerSecond * 1000;
        await queue.push({ bytes: buffer.slice(0, count), due: lineFree + delayMs });
      }
    } catch {
      // Closed, or reset by the far side: for the other end it is the end.
    }
    await queue.push({ bytes: null, due: Math.max(performance.now(), lineFree) + delayMs });
  })();

  let passed = 0;
  try {
    if (impairment.cutAfter === 0) {
      await queue.first();
      return hooks.cut();
    }
    while (true) {
      const { bytes, due } = await Promise.race([queue.shift(), hooks.closing.then(() => end)]);
      if (delayMs > 0 || bytesPerSecond < Infinity) await waitUntil(due, hooks.closing);
      if (bytes !== null) hooks.hear(bytes);
      await hooks.open();
      if (hooks.closed()) return;
      if (bytes === null) return await to.closeWrite();
      const part = bytes.subarray(0, limit - passed);
      await writeAll(to, part);
      passed += part.length;
      hooks.passed(part.length);
      if (passed < limit) continue;
      if (impairment.cutAfter !== undefined) return hooks.cut();
      await hooks.closing;
    }
  } catch {
    // The receiving side is gone; the sending one must learn it, as through a real link.
    hooks.cut();
  } finally {
    queue.close();
    await reading;
  }
}

interface Item {
  bytes: Uint8Array | null;
  /** In the time of `performance.now()`. */
  due: number;
}

const end: Item = { bytes: null, due: 0 };

/** A queue that makes its writer wait while more than `room` bytes are in it. */
function makeQueue(room: number) {
  const items: Item[] = [];
  let held = 0;
  let closed = false;
  let filled = Promise.withResolvers<void>();
  let drained = Promise.withResolvers<void>();
  return {
    async push(item: Item) {
      items.push(item);
      held += item.bytes?.length ?? 0;
      filled.resolve();
      while (held > room && !closed) await drained.promise;
    },
    async first() {
      if (items.length === 0) await filled.promise;
    },
    async shift(): Promise<Item> {
      while (items.length === 0) {
        filled = Promise.withResolvers<void>();
        await filled.promise;
      }
      const item = items.shift() ?? end;
      held -= item.bytes?.length ?? 0;
      drained.resolve();
      drained = Promise.withResolvers<void>();
      return item;
    },
    close() {
      closed = true;
      drained.resolve();
    },
  };
}

async function waitUntil(due: number, closing: Promise<void>): Promise<void> {
  const left = due - performance.now();
  if (left < 1) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => timer = setTimeout(resolve, left));
  await Promise.race([slept, closing]);
  clearTimeout(timer);
}
