/** Between ssh2, which knows node's streams, and ours. */
import type { Duplex } from "node:stream";
import type { SshChannel } from "./_ssh2.ts";
import type { ByteStream } from "./byte_stream.ts";

const READ_BYTES = 64 << 10;
/** Of one write: a channel takes no more at once, and the connection is shared. */
const WRITE_BYTES = 64 << 10;

/** A byte stream as the socket that ssh2 runs over. Destroying it closes the stream. */
export async function socketOf(stream: ByteStream): Promise<Duplex> {
  const { Duplex } = await import("node:stream");
  const buffer = new Uint8Array(READ_BYTES);
  const writeAll = async (bytes: Uint8Array) => {
    // ssh2 calls from the midst of an encryption whose state is its module's: a connection inside
    // another one must not make that encrypt now.
    await Promise.resolve();
    for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
  };
  return new Duplex({
    async read() {
      try {
        const count = await stream.read(buffer);
        // ssh2 keeps parts of what it is given.
        this.push(count === null ? null : buffer.slice(0, count));
      } catch (error) {
        this.destroy(error as Error);
      }
    },
    write: (chunk: Uint8Array, _encoding, done) => void writeAll(chunk).then(() => done(), done),
    // ssh2 writes packet by packet: one system call for those that wait.
    writev(chunks, done) {
      const parts = chunks.map(({ chunk }) => chunk as Uint8Array);
      const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      writeAll(whole).then(() => done(), done);
    },
    final(done) {
      stream.closeWrite().then(() => done(), () => done());
    },
    destroy(error, done) {
      stream.close();
      done(error);
    },
  });
}

/** What a channel's stream needs of its surroundings. */
export interface ChannelUse {
  /** Called once, when the stream is closed. */
  onClose(): void;
  /**
   * What to throw at the channel's end, in place of a plain end; asked once.
   * @param any whether a byte had come
   */
  failure?(any: boolean): Promise<Error | undefined>;
}

/** A channel as a byte stream. */
export function channelStream(channel: SshChannel, use: ChannelUse): ByteStream {
  let waiting: Uint8Array = new Uint8Array();
  let any = false;
  let closed = false;
  let ended = false;
  let gone = false;
  let broken: Error | undefined;
  let ending: Promise<Error | undefined> | undefined;
  let wake = () => {};
  const { promise: over, resolve: end } = Promise.withResolvers<void>();

  channel.on("readable", () => wake());
  channel.on("end", () => {
    ended = true;
    wake();
  });
  channel.on("error", (error: Error) => {
    broken ??= error;
    wake();
  });
  // ssh2 forgets the callback of a write that its channel's close overtakes.
  channel.on("close", () => {
    gone = true;
    end();
    wake();
  });

  const interrupted = () => new Deno.errors.Interrupted("the stream was closed");

  return {
    async read(into) {
      for (;;) {
        if (closed) throw interrupted();
        if (waiting.length === 0) waiting = (channel.read() as Uint8Array | null) ?? waiting;
        if (waiting.length > 0) {
          const part = waiting.subarray(0, into.length);
          into.set(part);
          any = true;
          waiting = waiting.subarray(part.length);
          return part.length;
        }
        if (broken !== undefined) throw broken;
        if (ended || gone) {
          const failure = await (ending ??= use.failure?.(any) ?? Promise.resolve(undefined));
          if (closed) throw interrupted();
          if (failure !== undefined) throw failure;
          return null;
        }
        await new Promise<void>((resolve) => wake = resolve);
      }
    },

    async write(from) {
      if (closed) throw interrupted();
      if (gone) throw new Deno.errors.BrokenPipe("the channel is closed");
      const part = from.subarray(0, WRITE_BYTES);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      channel.write(part, (error) => error ? reject(error) : resolve());
      const done = promise.then(() => true);
      if (await Promise.race([done, over.then(() => false)])) return part.length;
      done.catch(() => {});
      throw closed ? interrupted() : new Deno.errors.BrokenPipe("the channel is closed");
    },

    async closeWrite() {
      if (closed || gone) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      channel.end(() => resolve());
      await Promise.race([promise, over]);
    },

    close() {
      if (closed) return;
      closed = true;
      end();
      channel.close();
      // What still comes until the far side has closed, too, is dropped.
      channel.resume();
      channel.stderr?.resume();
      wake();
      use.onClose();
    },
  };
}
