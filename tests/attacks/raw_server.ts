/** A stand-in for any server: whatever a script writes, byte by byte, to force faults. */
import { writeAll } from "../../base/bytes.ts";
import { accept } from "../harness/accept.ts";

/** One connection of a client. */
export interface RawConn {
  /** How many connections came before this one. */
  readonly nth: number;
  /** The request line and header of HTTP/1.1, to their end; the body stays unread. */
  head(): Promise<string>;
  /** Writes a text or bytes; rejects when the client has gone. */
  send(data: string | Uint8Array): Promise<void>;
  /** Sends the same again and again until the client goes, or `most` bytes are sent. */
  flood(data: string | Uint8Array, most?: number): Promise<void>;
  /** Waits for some bytes of the client. */
  heard(): Promise<void>;
  /** Waits until the client goes. */
  hang(): Promise<void>;
  close(): void;
}

export interface RawServer extends AsyncDisposable {
  readonly port: number;
}

/** Runs `serve` for each connection and closes that when it is through. */
export function rawServer(serve: (conn: RawConn) => Promise<void>): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = accept(listener, (conn, nth) => serve(rawConn(conn, nth)));
  return { port: listener.addr.port, ...accepting };
}

function rawConn(conn: Deno.Conn, nth: number): RawConn {
  const bytesOf = (data: string | Uint8Array) =>
    typeof data === "string" ? new TextEncoder().encode(data) : data;
  const send = (data: string | Uint8Array) => writeAll(conn, bytesOf(data));
  return {
    nth,
    async head() {
      const buffer = new Uint8Array(4096);
      let head = "";
      while (!head.includes("\r\n\r\n")) {
        const count = await conn.read(buffer);
        if (count === null) throw new Error("no head");
        head += new TextDecoder().decode(buffer.subarray(0, count));
      }
      return head;
    },
    send,
    async flood(data, most = 2 ** 32) {
      let block = bytesOf(data);
      while (block.length < 32 << 10) block = Uint8Array.from([...block, ...block]);
      for (let sent = 0; sent < most; sent += block.length) await send(block);
    },
    async heard() {
      await conn.read(new Uint8Array(4096));
    },
    async hang() {
      const buffer = new Uint8Array(4096);
      while (await conn.read(buffer) !== null) { /* dropped */ }
    },
    close: () => conn.close(),
  };
}
