/** Small proxies of two kinds, which record the requests. */
import { carry } from "../../transports/net/relay.ts";
import { accept } from "../harness/accept.ts";

export interface ProxySpec {
  readonly scheme: "http" | "socks5";
  /** The `user:password` that the proxy requires. */
  readonly account?: string;
}

export interface TestProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `HOST:PORT` of each connection it made. */
  readonly connections: readonly string[];
}

export function kubeProxy({ scheme, account }: ProxySpec): TestProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: string[] = [];
  const accepting = accept(listener, async (conn) => {
    const to = await (scheme === "http" ? connect : socks)(conn, account);
    if (to === undefined) return;
    connections.push(to);
    const [hostname, port] = to.split(":");
    using far = await Deno.connect({ hostname: hostname!, port: Number(port) });
    await conn.write(scheme === "http" ? text("HTTP/1.1 200 OK\r\n\r\n") : SOCKS_DONE);
    await Promise.all([carry(conn, far), carry(far, conn)]);
  });
  return { url: `${scheme}://127.0.0.1:${listener.addr.port}`, connections, ...accepting };
}

const text = (value: string) => new TextEncoder().encode(value);
const SOCKS_DONE = Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0);

async function some(conn: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(4096);
  return buffer.subarray(0, await conn.read(buffer) ?? 0);
}

async function connect(conn: Deno.Conn, account?: string): Promise<string | undefined> {
  const head = new TextDecoder().decode(await some(conn));
  const [, to] = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
  const [, shown] = /^proxy-authorization: Basic (\S+)\r$/im.exec(head) ?? [];
  if (to !== undefined && (account === undefined || shown === btoa(account))) return to;
  const refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
  await conn.write(text(refusal));
  return undefined;
}

async function socks(conn: Deno.Conn, account?: string): Promise<string | undefined> {
  const [, , method] = await some(conn);
  const wanted = account === undefined ? 0 : 2;
  await conn.write(Uint8Array.of(5, method === wanted ? wanted : 255));
  if (account !== undefined) {
    const said = await some(conn);
    const name = said.subarray(2, 2 + said[1]!);
    const word = said.subarray(3 + name.length);
    const shown = [name, word].map((part) => new TextDecoder().decode(part)).join(":");
    await conn.write(Uint8Array.of(1, shown === account ? 0 : 1));
    if (shown !== account) return undefined;
  }
  const request = await some(conn);
  const host = request[3] === 1
    ? request.subarray(4, 8).join(".")
    : new TextDecoder().decode(request.subarray(5, 5 + request[4]!));
  return `${host}:${request.at(-2)! * 256 + request.at(-1)!}`;
}
