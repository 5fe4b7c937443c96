import { writeAll } from "../../base/bytes.ts";
import type { ByteStream } from "../byte_stream.ts";

/** One end of a relay. */
type RelayEnd = Omit<ByteStream, "close">;

const BUFFER = 64 << 10;

/**
 * Copies bytes from one end to the other until the first end has ended its writing; then ends the
 * writing to the other. The slower end sets the pace. Rejects with the ends' errors.
 */
export async function carry(from: RelayEnd, to: RelayEnd): Promise<void> {
  const buffer = new Uint8Array(BUFFER);
  for (let count; (count = await from.read(buffer)) !== null;) {
    await writeAll(to, buffer.subarray(0, count));
  }
  await to.closeWrite();
}

/**
 * Joins two streams until both directions have ended, then closes both. An error of one stream ends
 * both, and rejects.
 */
export async function join(a: ByteStream, b: ByteStream): Promise<void> {
  const close = () => {
    a.close();
    b.close();
  };
  const failures: unknown[] = [];
  const end = (error: unknown) => {
    failures.push(error);
    close();
  };
  await Promise.all([carry(a, b).catch(end), carry(b, a).catch(end)]);
  close();
  if (failures.length > 0) throw failures[0];
}
