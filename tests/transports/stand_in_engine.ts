/**
 * A stand-in for a Docker engine's `/grpc`: upgrades, and passes the bytes to the suite's peer. A
 * real engine has its own BuildKit behind that path, which can't be made to break off on demand.
 *
 *     deno run -A stand_in_engine.ts SOCKET PEER_SOCKET     says "ready", and ends with its stdin
 */
import { accept } from "../harness/accept.ts";
import { carry } from "../../transports/net/relay.ts";

/** Byte by byte: what follows is not the head's. */
async function readHead(conn: Deno.Conn): Promise<string> {
  let head = "";
  const byte = new Uint8Array(1);
  while (!head.endsWith("\r\n\r\n")) {
    if (await conn.read(byte) === null) throw new Error("no head");
    head += String.fromCharCode(byte[0]!);
  }
  return head;
}

async function serve(client: Deno.Conn, peer: string): Promise<unknown> {
  const say = (text: string) => client.write(new TextEncoder().encode(text));
  const head = await readHead(client);
  if (!/^POST \/grpc HTTP\/1\.1\r\n/.test(head) || !/^upgrade: h2c\r$/im.test(head)) {
    return await say("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  }
  using behind = await Deno.connect({ transport: "unix", path: peer });
  await say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n");
  return await Promise.all([carry(client, behind), carry(behind, client)]);
}

const [path, peer] = Deno.args as [string, string];
const listener = Deno.listen({ transport: "unix", path });
Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
Deno.stdin.read(new Uint8Array(1)).then(() => Deno.exit());
accept(listener, (conn) => serve(conn, peer));
