import type { Duplex } from "node:stream";
import type { ByteStream } from "../byte_stream.ts";

const READ_BYTES = 64 << 10;

/** What is read at once from a sender that doesn't hold anything back. */
const LARGE_BYTES = 16 << 10;

/**
 * A byte stream as the socket that ssh2 runs over. Destroying it closes the stream.
 * @param unanswered called when little has come, and nothing was written since
 */
export async function socketOf(stream: ByteStream, unanswered: () => void): Promise<Duplex> {
  const { Duplex } = await import("node:stream");
  const buffer = new Uint8Array(READ_BYTES);
  let answered = true;
  const writeAll = async (bytes: Uint8Array) => {
    answered = true;
    // ssh2 calls from the midst of an encryption whose state is its module's: a connection inside
    // another one must not make that encrypt now.
    await Promise.resolve();
    for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
  };
  return new Duplex({
    async read() {
      try {
        if (!answered) unanswered();
        const count = await stream.read(buffer);
        answered = count === null || count >= LARGE_BYTES;
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
