/**
 * The far side of the contract suite: a program that listens on a unix socket and on loopback TCP,
 * and does on each connection what its first line says.
 *
 *     echo          sends back what comes, and ends when that ends
 *     both N        sends N bytes of the pattern while it reads to the end; then the SHA-256 of what it read, in hex
 *     end ID        ends its writing at once, reads to the end, and keeps the count of bytes as ID
 *     flood ID      sends without end; the count of bytes that left it is ID
 *     ask ID        sends the count kept as ID (of `end`: waits for it), and ends
 *     wait          sends `ready` and does nothing more: neither reads nor writes
 *     reset         sends `ready`, waits for bytes, and closes without having read them all
 *
 * Prints one line of JSON, `{"unix":"/path","tcp":port}`, when it listens; runs until its stdin
 * ends. With `--tls CERT KEY` both speak TLS (the unix socket by way of the TCP port).
 *
 *     deno run -A peer.ts SOCKET [--tls CERT KEY]
 */
import { createHash } from "node:crypto";
import { writeAll } from "../../base/bytes.ts";
import { carry } from "../../transports/net/relay.ts";
import { accept } from "../harness/accept.ts";
import { patternAt } from "./pattern.ts";

const counts = new Map<string, { bytes: number; done: Promise<void> }>();

/** Reads the first line; bytes behind it are given back. */
async function firstLine(conn: Deno.Conn): Promise<{ line: string; rest: Uint8Array }> {
  let seen = new Uint8Array();
  const buffer = new Uint8Array(4096);
  for (;;) {
    const end = seen.indexOf(10);
    if (end >= 0) {
      return { line: new TextDecoder().decode(seen.subarray(0, end)), rest: seen.slice(end + 1) };
    }
    const count = await conn.read(buffer);
    if (count === null) return { line: "", rest: seen };
    seen = new Uint8Array([...seen, ...buffer.subarray(0, count)]);
  }
}

async function* chunks(conn: Deno.Conn, rest: Uint8Array): AsyncGenerator<Uint8Array> {
  if (rest.length > 0) yield rest;
  const buffer = new Uint8Array(64 << 10);
  for (let count; (count = await conn.read(buffer)) !== null;) yield buffer.subarray(0, count);
}

async function serve(conn: Deno.Conn): Promise<void> {
  const { line, rest } = await firstLine(conn);
  const [command, argument = ""] = line.split(" ");
  const text = (value: string) => writeAll(conn, new TextEncoder().encode(value));
  switch (command) {
    case "echo":
      for await (const chunk of chunks(conn, rest)) await writeAll(conn, chunk);
      break;
    case "both": {
      const hash = createHash("sha256");
      const reading = (async () => {
        for await (const chunk of chunks(conn, rest)) hash.update(chunk);
      })();
      for (let at = 0; at < Number(argument);) {
        at += await conn.write(patternAt(at, Math.min(64 << 10, Number(argument) - at)));
      }
      await reading;
      await text(hash.digest("hex"));
      break;
    }
    case "end": {
      const { promise: done, resolve } = Promise.withResolvers<void>();
      const count = { bytes: 0, done };
      counts.set(argument, count);
      await conn.closeWrite();
      for await (const chunk of chunks(conn, rest)) count.bytes += chunk.length;
      resolve();
      break;
    }
    case "flood": {
      const count = { bytes: 0, done: Promise.resolve() };
      counts.set(argument, count);
      for (;;) count.bytes += await conn.write(patternAt(0, 64 << 10));
    }
    case "ask": {
      const count = counts.get(argument);
      await count?.done;
      await text(String(count?.bytes));
      break;
    }
    case "wait":
      await text("ready");
      await new Promise(() => {});
      break;
    case "reset":
      await text("ready");
      await conn.read(new Uint8Array(1));
      return;
  }
  await conn.closeWrite();
  // A TLS stream ends with close_notify; the connection below ends with the socket.
  for await (const _ of chunks(conn, new Uint8Array()));
}

async function relay(from: Deno.Conn, port: number): Promise<void> {
  using to = await Deno.connect({ port });
  await Promise.all([carry(from, to), carry(to, from)]);
}

const [path = "", tls, certFile = "", keyFile = ""] = Deno.args;
const local = { hostname: "127.0.0.1", port: 0 };
const tcp = tls === "--tls"
  ? Deno.listenTls({
    ...local,
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
    alpnProtocols: ["h2"],
  })
  : Deno.listen(local);
const { port } = tcp.addr as Deno.NetAddr;
const unix = Deno.listen({ transport: "unix", path });
accept(tcp, serve);
accept(unix, tls === "--tls" ? (conn) => relay(conn, port) : serve);
await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify({ unix: path, tcp: port })}\n`));
for await (const _ of Deno.stdin.readable);
for (const left of [path, path.slice(0, path.lastIndexOf("/"))]) {
  try {
    // A folder with more in it stays.
    Deno.removeSync(left);
  } catch {
    // The test has already removed it.
  }
}
Deno.exit();
