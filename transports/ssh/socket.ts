import { joinBytes, writeAll } from "../../base/bytes.ts";
import type { Duplex } from "node:stream";
import type { ByteStream } from "../byte_stream.ts";

const READ_BYTES = 64 << 10;

/** A read of this many bytes comes from a sender that doesn't hold small packets back. */
const LARGE_BYTES = 16 << 10;

/**
 * Makes a byte stream the socket that ssh2 runs over. Destroying the socket closes the stream.
 * @param unanswered called when few bytes have come, and nothing was written since
 */
export async function socketOf(stream: ByteStream, unanswered: () => void): Promise<Duplex> {
  const { Duplex } = await import("node:stream");
  const buffer = new Uint8Array(READ_BYTES);
  let answered = true;
  const writeLater = async (bytes: Uint8Array) => {
    answered = true;
    // ssh2 calls this in the middle of an encryption whose state belongs to its module. A
    // connection inside another one must not start that encryption now.
    await Promise.resolve();
    await writeAll(stream, bytes);
  };
  return new Duplex({
    async read() {
      try {
        if (!answered) unanswered();
        const count = await stream.read(buffer);
        answered = count === null || count >= LARGE_BYTES;
        // ssh2 keeps parts of the bytes that it gets.
        this.push(count === null ? null : buffer.slice(0, count));
      } catch (error) {
        this.destroy(error as Error);
      }
    },
    write: (chunk: Uint8Array, _encoding, done) => void writeLater(chunk).then(() => done(), done),
    // ssh2 writes packet by packet: all waiting packets go into one system call.
    writev(chunks, done) {
      const bytes = joinBytes(chunks.map(({ chunk }) => chunk as Uint8Array));
      void writeLater(bytes).then(() => done(), done);
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
