/**
 * A socket before a daemon's that passes everything on, and records the clients' `Control/Solve`
 * requests. History keeps less than the request (no caches, no permissions).
 */
import { HpackDecoder } from "../../buildkit/http2/hpack.ts";
import { joinBytes, writeAll } from "../../base/bytes.ts";
import { carry } from "../../transports/net/relay.ts";
import { SolveRequest } from "../../proto/gen/control.ts";
import { accept } from "./accept.ts";

export interface Recorder extends AsyncDisposable {
  /** `unix://…` */
  readonly address: string;
  /**
   * The builds requested since the last call, without those by which buildx reads a daemon's
   * capabilities.
   */
  take(): SolveRequest[];
}

/** @param address the daemon's `unix://…` */
export async function startRecorder(address: string): Promise<Recorder> {
  const folder = await Deno.makeTempDir({ prefix: "fl-rec-" });
  const path = `${folder}/s`;
  const listener = Deno.listen({ transport: "unix", path });
  const seen: SolveRequest[] = [];
  const accepting = accept(
    listener,
    (client) => serve(client, address.replace("unix://", ""), requests(seen)),
  );
  return {
    address: `unix://${path}`,
    take: () => seen.splice(0).filter(({ Internal }) => !Internal),
    async [Symbol.asyncDispose]() {
      await accepting[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function serve(
  client: Deno.Conn,
  path: string,
  hear: (bytes: Uint8Array) => void,
): Promise<void> {
  using daemon = await Deno.connect({ transport: "unix", path });
  // A side that is gone without a word leaves the other one waiting: then both ways end.
  await Promise.all([pass(client, daemon, hear), carry(daemon, client)]);
}

async function pass(from: Deno.Conn, to: Deno.Conn, hear: (bytes: Uint8Array) => void) {
  const buffer = new Uint8Array(1 << 16);
  for (let count; (count = await from.read(buffer)) !== null;) {
    const bytes = buffer.subarray(0, count);
    hear(bytes);
    await writeAll(to, bytes);
  }
  await to.closeWrite();
}

/** Reads the client's half of HTTP/2 (RFC 9113 §4.1), and puts the requests into `seen`. */
function requests(seen: SolveRequest[]): (bytes: Uint8Array) => void {
  const headers = new HpackDecoder(1 << 20);
  const bodies = new Map<number, Uint8Array>();
  let rest: Uint8Array = new Uint8Array(0);
  let preface = 24;
  let block: Uint8Array = new Uint8Array(0);
  const frame = (type: number, flags: number, stream: number, payload: Uint8Array) => {
    const padded = (type === 0 || type === 1) && flags & 0x8;
    let body = padded ? payload.slice(1, payload.length - payload[0]!) : payload;
    if (type === 1 && flags & 0x20) body = body.slice(5);
    if (type === 1) block = body;
    if (type === 9) block = joinBytes([block, body]);
    if ((type === 1 || type === 9) && flags & 0x4) {
      const path = headers.decode(block)?.find(([name]) => name === ":path")?.[1];
      if (path === "/moby.buildkit.v1.Control/Solve") bodies.set(stream, new Uint8Array(0));
    }
    const before = type === 0 ? bodies.get(stream) : undefined;
    if (before === undefined) return;
    const message = joinBytes([before, body]);
    // A byte for compression, four for the length.
    const length = message.length < 5 ? Infinity : new DataView(message.buffer).getUint32(1);
    if (message.length < 5 + length) return void bodies.set(stream, message);
    bodies.delete(stream);
    seen.push(SolveRequest.decode(message.slice(5, 5 + length)));
  };
  return (bytes) => {
    rest = joinBytes([rest, bytes]);
    const skipped = Math.min(preface, rest.length);
    preface -= skipped;
    rest = rest.slice(skipped);
    while (rest.length >= 9) {
      const view = new DataView(rest.buffer, rest.byteOffset);
      const length = view.getUint32(0) >>> 8;
      if (rest.length < 9 + length) return;
      frame(rest[3]!, rest[4]!, view.getUint32(5) & 0x7fff_ffff, rest.slice(9, 9 + length));
      rest = rest.slice(9 + length);
    }
  };
}
