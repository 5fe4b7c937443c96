/**
 * TCP connections that are begun before they are asked for. Far away, TCP's handshake then takes
 * its round trip while a command still prepares what it will send.
 */
import { abortable } from "../../base/async.ts";

/** A connection that has waited longer, in ms, isn't used: the far side may have given it up. */
const FRESH = 5000;

/** The far end of a TCP connection. */
export interface HostPort {
  /** The host, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

interface Begun {
  readonly at: number;
  readonly conn: Promise<Deno.TcpConn>;
}

const begun = new Map<string, Begun>();

/** Begins to connect. Disposing of the result closes the connection, unless it was taken. */
export function connectAhead(target: HostPort): Disposable {
  const key = keyOf(target);
  if (begun.has(key)) return { [Symbol.dispose]() {} };
  const conn = Deno.connect({ hostname: target.host, port: target.port });
  conn.catch(() => {}); // The dial that takes it reports the error.
  const own = { at: performance.now(), conn };
  begun.set(key, own);
  return {
    [Symbol.dispose]() {
      if (begun.get(key) !== own) return;
      begun.delete(key);
      abandon(conn);
    },
  };
}

/** Connects as `Deno.connect` does, or takes the connection that was begun. */
export async function takeOrConnect(
  { hostname, port, signal }: { hostname: string; port: number; signal: AbortSignal },
): Promise<Deno.TcpConn> {
  const key = keyOf({ host: hostname, port });
  const found = begun.get(key);
  begun.delete(key);
  if (found !== undefined && performance.now() - found.at < FRESH) {
    try {
      return await abortable(found.conn, signal);
    } catch (error) {
      abandon(found.conn);
      throw error;
    }
  }
  if (found !== undefined) abandon(found.conn);
  return await Deno.connect({ hostname, port, signal });
}

function keyOf({ host, port }: HostPort): string {
  return `${host} ${port}`;
}

function abandon(conn: Promise<Deno.TcpConn>): void {
  conn.then((open) => open.close(), () => {});
}
