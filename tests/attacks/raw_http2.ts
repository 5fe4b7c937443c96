/** A server of HTTP/2 frames that need make no sense: as the daemon that fairlead connects to. */
import { writeAll } from "../../base/bytes.ts";
import { accept } from "../harness/accept.ts";

/** One frame (RFC 9113 §4.1). */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array | number[] = [],
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  bytes[4] = flags;
  view.setUint32(5, streamId);
  bytes.set(payload, 9);
  return bytes;
}

/** A header block of literals that are not indexed (RFC 7541 §6.2.2). */
export function headerBlock(headers: readonly (readonly [string, string])[]): Uint8Array {
  const bytes: number[] = [];
  const text = (value: string) => {
    const encoded = new TextEncoder().encode(value);
    bytes.push(...integer(encoded.length));
    for (const byte of encoded) bytes.push(byte);
  };
  for (const [name, value] of headers) {
    bytes.push(0);
    text(name);
    text(value);
  }
  return new Uint8Array(bytes);
}

/** A length of a string that is not Huffman-coded (RFC 7541 §5.1, prefix of 7 bits). */
function integer(value: number): number[] {
  if (value < 0x7f) return [value];
  const bytes = [0x7f];
  for (value -= 0x7f; value > 0x7f; value = Math.floor(value / 128)) bytes.push(value % 128 | 0x80);
  return [...bytes, value];
}

export const HEADERS = 1, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8, CONTINUATION = 9;
export const END_STREAM = 1, END_HEADERS = 4;

/** The behaviour of a raw server after the preface of the peer and its own SETTINGS. */
export interface RawConnection {
  /** Rejects, or resolves to false, when the client has gone. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Resolves when the client opens its next stream, to the stream's id. */
  nextStream(): Promise<number>;
}

/** Serves connections by `attack` until it is disposed of. */
export function rawServer(
  attack: (connection: RawConnection) => Promise<void>,
): { readonly address: string } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = accept(listener, (socket) => serve(socket, attack));
  return { address: `tcp://127.0.0.1:${listener.addr.port}`, ...accepting };
}

async function serve(
  socket: Deno.Conn,
  attack: (connection: RawConnection) => Promise<void>,
): Promise<void> {
  const opened: number[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  const reading = readStreams(socket, (id) => {
    opened.push(id);
    wake.resolve();
  }).catch(() => {}).finally(() => {
    over = true;
    wake.resolve();
  });
  const write = async (bytes: Uint8Array) => {
    try {
      await writeAll(socket, bytes);
      return !over;
    } catch {
      return false;
    }
  };
  await write(frame(SETTINGS, 0, 0));
  await attack({
    write,
    async nextStream() {
      while (opened.length === 0 && !over) {
        wake = Promise.withResolvers();
        await wake.promise;
      }
      if (opened.length === 0) throw new Error("the client has gone");
      return opened.shift()!;
    },
  });
  await reading;
}

/** Reads frames, and reports each HEADERS. */
async function readStreams(socket: Deno.Conn, onStream: (id: number) => void): Promise<void> {
  const PREFACE = 24;
  let held = new Uint8Array(0);
  let skip = PREFACE;
  const chunk = new Uint8Array(64 << 10);
  for (let n = await socket.read(chunk); n !== null; n = await socket.read(chunk)) {
    held = new Uint8Array([...held, ...chunk.subarray(0, n)]);
    for (;;) {
      const from = Math.min(skip, held.length);
      held = held.subarray(from);
      skip -= from;
      if (skip > 0 || held.length < 9) break;
      const view = new DataView(held.buffer, held.byteOffset);
      if (held[3] === HEADERS) onStream(view.getUint32(5));
      skip = 9 + (view.getUint32(0) >>> 8);
    }
  }
}
