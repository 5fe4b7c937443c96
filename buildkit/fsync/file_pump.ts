/** Reads the requested files and sends them. See `sender.ts`. */
import type { Entries } from "./entries.ts";
import { Errno, errnoText, type Sys } from "./os/sys.ts";
import { FsyncError, text } from "./errors.ts";
import { dataHeaderRoom, writeDataHead } from "./packet.ts";
import { makeSlices, type PacketStream, type Progress, type Warning } from "./stream.ts";

/** Takes files to send. */
interface FilePump {
  /** Queues a file by its entry's ID. */
  add(id: number): void;
  /**
   * Resolves once the pump has been stopped, or has failed, and no system call of the pump is under
   * way any more.
   */
  readonly closed: Promise<void>;
}

/** Options of a pump. */
interface FilePumpOptions {
  readonly sys: Sys;
  readonly root: string;
  readonly entries: Entries;
  readonly stream: PacketStream;
  readonly stop: AbortSignal;
  readonly progress: Progress;
  report(): void;
  warn(warning: Warning): void;
  /** Called once with the error that ends the transfer. */
  fail(error: unknown): void;
}

/**
 * Files of up to this many bytes are read whole, several in one turn; larger ones are read ahead.
 */
const small = 128 * 1024;
/** The first size of the buffer for small files: most builds without large changes request less. */
const page = 4096;
/** The size of the packets of large files, and of their buffers. More than 1 MiB gains nothing. */
const [bufferSize, buffers] = [1024 * 1024, 3];
const SLICE = 6;
const [lookEvery, mayWait] = [256 * 1024, 1024 * 1024];

/** Starts a pump that runs until `stop` aborts. */
export function makeFilePump(options: FilePumpOptions): FilePump {
  const { sys, entries, stream, stop, progress, report, warn, fail } = options;
  const smallQueue = makeQueue();
  const largeQueue = makeQueue();
  const rootBytes = new TextEncoder().encode(
    options.root.endsWith("/") ? options.root : `${options.root}/`,
  );
  let path = new Uint8Array(8192);
  path.set(rootBytes);
  let scratch = new Uint8Array(0);
  const tail = new Uint8Array(dataHeaderRoom);
  let sent = 0;

  const name = (id: number) => {
    const bytes = new Uint8Array(entries.pathLength(id));
    entries.writePath(id, bytes, 0);
    return text(bytes);
  };

  /** Returns room for so many bytes of a small file, after the room for the packet's head. */
  function room(length: number): Uint8Array {
    const end = dataHeaderRoom + length;
    if (end > scratch.length) {
      scratch = new Uint8Array(length <= page ? dataHeaderRoom + page : dataHeaderRoom + small + 1);
    }
    return scratch.subarray(dataHeaderRoom, end);
  }

  /** Opens a file; undefined when it cannot be opened and only this file is skipped. */
  function open(id: number): number | undefined {
    const length = rootBytes.length + entries.pathLength(id) + 1;
    if (length > path.length) {
      path = new Uint8Array(length * 2);
      path.set(rootBytes);
    }
    path[entries.writePath(id, path, rootBytes.length)] = 0;
    const file = sys.open(path);
    if (file >= 0) return file;
    failed(id, file);
    return undefined;
  }

  /**
   * An entry that vanished or changed costs a warning. An entry that exists and cannot be read ends
   * the transfer.
   */
  function failed(id: number, result: number): void {
    const { code, text } = errnoText(result);
    if (code === "ENXIO") return; // a socket: it was listed as a file, and is one without content
    const changed = ["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ESTALE"].includes(code);
    if (!changed) throw new FsyncError("read", name(id), text, code);
    const reason = result === -Errno.ENOENT
      ? "it vanished before it was read"
      : `it changed before it was read (${text})`;
    warn({ path: name(id), reason: `${reason}, and is sent empty` });
  }

  function finish(id: number, total: number): void {
    stream.send(tail.subarray(writeDataHead(tail, dataHeaderRoom, id, 0)));
    progress.files++;
    const announced = entries.size(id);
    if (total === announced) return;
    const verb = total < announced ? "shrank" : "grew";
    warn({
      path: name(id),
      reason: `it ${verb} from ${announced} to ${total} bytes while it was read`,
    });
  }

  function sendSmall(id: number): void {
    const file = open(id);
    const announced = entries.size(id);
    let total = 0;
    if (file === undefined) total = announced; // warned of already
    else {
      try {
        // One byte more than announced is read: a read that lacks that byte has reached the end.
        for (;;) {
          const want = total === 0 ? Math.min(announced + 1, small + 1) : small + 1;
          const size = sys.read(file, room(want));
          if (size < 0) {
            failed(id, size);
            total = announced;
          }
          if (size <= 0) break;
          // The file has grown to an unknown size, so it is read ahead: it must never wait in
          // memory as a whole.
          if (total === 0 && size > announced) return largeQueue.add(id);
          const start = writeDataHead(scratch, dataHeaderRoom, id, size);
          stream.send(scratch.subarray(start, dataHeaderRoom + size));
          total += size;
          sent += size;
          progress.bytes += size;
          if (total === announced && size < want) break;
        }
      } finally {
        sys.close(file);
      }
    }
    finish(id, total);
  }

  async function runSmall(): Promise<void> {
    for (;;) {
      await smallQueue.filled();
      if (stop.aborted) return;
      const slice = makeSlices(SLICE);
      for (let id = smallQueue.take(); id !== undefined; id = smallQueue.take()) {
        sendSmall(id);
        const pause = sent >= lookEvery ? stream.drained(mayWait) : slice();
        if (pause === undefined) continue;
        if (sent >= lookEvery) sent = 0;
        report();
        await pause;
        if (stop.aborted) return;
      }
    }
  }

  const free: Uint8Array[] = [];
  let made = 0;
  let wake: () => void = () => {};
  /** A buffer, once there is one. */
  async function buffer(): Promise<Uint8Array> {
    for (;;) {
      const found = free.pop();
      if (found !== undefined) return found;
      if (made < buffers) {
        made++;
        return new Uint8Array(bufferSize);
      }
      await new Promise<void>((resolve) => wake = resolve);
      stop.throwIfAborted();
    }
  }

  async function sendLarge(id: number): Promise<void> {
    const file = open(id);
    let total = 0;
    if (file === undefined) return finish(id, entries.size(id));
    let reading: Promise<number> | undefined;
    try {
      let into = await buffer();
      reading = sys.readAsync(file, into);
      for (;;) {
        const size = await reading;
        reading = undefined;
        if (size < 0) {
          failed(id, size);
          total = entries.size(id); // warned of already
        }
        if (size <= 0) {
          free.push(into);
          break;
        }
        const full = into;
        const start = writeDataHead(tail, dataHeaderRoom, id, size);
        stream.send(tail.subarray(start), full.subarray(0, size), () => {
          free.push(full);
          wake();
        });
        total += size;
        progress.bytes += size;
        report();
        if (stop.aborted) return;
        into = await buffer();
        reading = sys.readAsync(file, into);
      }
    } finally {
      await reading?.catch(() => {});
      sys.close(file);
    }
    finish(id, total);
  }

  async function runLarge(): Promise<void> {
    for (;;) {
      await largeQueue.filled();
      if (stop.aborted) return;
      for (let id = largeQueue.take(); id !== undefined; id = largeQueue.take()) {
        await sendLarge(id);
        if (stop.aborted) return;
      }
    }
  }

  stop.addEventListener("abort", () => {
    smallQueue.wake();
    largeQueue.wake();
    wake();
  }, { once: true });
  const failUnlessStopped = (error: unknown) => {
    if (!stop.aborted) fail(error);
  };
  runSmall().catch(failUnlessStopped);
  return {
    add: (id) => (entries.size(id) <= small ? smallQueue : largeQueue).add(id),
    closed: runLarge().catch(failUnlessStopped),
  };
}

interface Queue {
  add(id: number): void;
  take(): number | undefined;
  /** Resolves when there is something to take, or after a wake-up. */
  filled(): Promise<void>;
  wake(): void;
}

function makeQueue(): Queue {
  let ids: number[] = [];
  let next = 0;
  let wake: () => void = () => {};
  return {
    add(id) {
      ids.push(id);
      wake();
    },
    take() {
      if (next < ids.length) return ids[next++];
      ids = [];
      next = 0;
      return undefined;
    },
    async filled() {
      if (next >= ids.length) await new Promise<void>((resolve) => wake = resolve);
    },
    wake: () => wake(),
  };
}
