/**
 * A stand-in for a server in front of an API server: plain HTTP that passes requests on to the real
 * one as the admin, with changed heads, or answers itself.
 */
import { writeAll } from "../../base/bytes.ts";
import { carry } from "../../transports/net/relay.ts";
import { accept } from "../harness/accept.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";

export interface FrontRules {
  /** Sent instead of the API server's answer; then the connection is closed. */
  readonly answer?: string;
  /** The connection stays open behind the answer. */
  readonly holds?: boolean;
  /** Returns a changed head of a request. */
  edit?(head: string): string;
}

export async function kubeFront(
  { server, certs, admin }: Kubernetes,
  rules: FrontRules,
): Promise<{ readonly server: string } & AsyncDisposable> {
  const pair = {
    cert: await Deno.readTextFile(admin.cert),
    key: await Deno.readTextFile(admin.key),
    caCerts: [await Deno.readTextFile(certs.ca.cert)],
  };
  const to = new URL(server);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = accept(listener, async (conn) => {
    const [head, rest] = await headOf(conn);
    if (rules.answer !== undefined) {
      await conn.write(new TextEncoder().encode(rules.answer));
      if (!rules.holds) await conn.closeWrite();
      return void await conn.read(new Uint8Array(1));
    }
    using far = await Deno.connectTls({ hostname: to.hostname, port: Number(to.port), ...pair });
    await writeAll(far, new TextEncoder().encode(rules.edit?.(head) ?? head));
    await writeAll(far, rest);
    await Promise.all([carry(conn, far), carry(far, conn)]);
  });
  return { server: `http://127.0.0.1:${listener.addr.port}`, ...accepting };
}

async function headOf(conn: Deno.Conn): Promise<[string, Uint8Array]> {
  let text = "";
  const buffer = new Uint8Array(4096);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    text += String.fromCharCode(...buffer.subarray(0, count));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      const rest = Uint8Array.from(text.slice(end + 4), (char) => char.charCodeAt(0));
      return [text.slice(0, end + 4), rest];
    }
  }
  throw new Error("no request");
}
