/** Ports behind which no daemon listens. The error soon says what each port is. */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { accept } from "../harness/accept.ts";
import { makeCerts } from "../harness/certs.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { errorLines, runFairlead } from "../harness/inside.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { fullPort } from "../harness/silent_port.ts";
import { clientOf } from "../harness/client.ts";
import { fails } from "../harness/ended.ts";

/** Builds against a port and expects one message. */
async function refused(port: number, message: RegExp, hint: RegExp): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "fl-port-" });
  await using _ = removedLater(home);
  await Deno.writeTextFile(`${home}/Dockerfile`, "FROM scratch\n");
  const host = `tcp://127.0.0.1:${port}`;
  const ended = await fails(runFairlead({ host, args: ["build", home], home }));
  assert.equal(errorLines(ended).length, 1, ended.stderr);
  assert.ok(errorLines(ended)[0]!.includes(`cannot reach ${host}: `), ended.stderr);
  assert.match(errorLines(ended)[0]!, message);
  assert.match(ended.stderr, hint);
  assert.ok(ended.ms < 3000, `it took ${ended.ms} ms`);
}

/** Answers each connection with these bytes once it has heard something, or at once. */
function startTalker(words: string | undefined, { first = false } = {}) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = accept(listener, async (connection) => {
    if (!first) await connection.read(new Uint8Array(1024));
    if (words !== undefined) await connection.write(new TextEncoder().encode(words));
  });
  return { port: listener.addr.port, ...accepting };
}

Deno.test("a port that speaks HTTP/1.1", async () => {
  await using server = startTalker("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  await refused(
    server.port,
    /an HTTP\/1\.1 server is listening there: it answered "HTTP/,
    /hint: /,
  );
});

Deno.test("Deno's own HTTP server, which knows HTTP/2 too, but no gRPC", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hello"),
  );
  const home = await Deno.makeTempDir({ prefix: "fl-port-" });
  await Deno.writeTextFile(`${home}/Dockerfile`, "FROM scratch\n");
  const host = `tcp://127.0.0.1:${server.addr.port}`;
  const ended = await runFairlead({ host, args: ["build", home], home });
  await server.shutdown();
  await Deno.remove(home, { recursive: true });
  assert.equal(ended.code, 1, ended.stderr);
  assert.deepEqual(errorLines(ended).length, 1, ended.stderr);
  const { port } = server.addr;
  assert.match(
    ended.stderr,
    new RegExp(
      `hint: a proxy or[^]*127\\.0\\.0\\.1:${port} answered HTTP status 200 with content type text/plain`,
    ),
  );
});

Deno.test("a port that speaks SSH", async () => {
  await using server = startTalker("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", { first: true });
  await refused(server.port, /an SSH server is listening there/, /hint: /);
});

Deno.test("a port that speaks plain text", async () => {
  await using server = startTalker("220 mail.example ESMTP\r\n", { first: true });
  await refused(server.port, /does not speak HTTP\/2: it wrote the text "220 mail/, /hint: /);
});

Deno.test("a port that closes without an answer", async () => {
  await using server = startTalker(undefined);
  await refused(server.port, /closed the connection without an answer/, /hint: .*log/);
});

Deno.test("a port where nobody listens", async () => {
  await refused(1, /connection refused/, /hint: /);
});

const noOpenssl = await missing("openssl");
Deno.test({ name: "a port that speaks TLS", ignore: skip(noOpenssl) }, async () => {
  const certs = await makeCerts();
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(certs.server.cert),
    key: await Deno.readTextFile(certs.server.key),
  });
  const serving = (async () => {
    const connection = await listener.accept();
    await connection.handshake().catch(() => {});
    connection.close();
  })();
  await refused(listener.addr.port, /TLS|closed the connection without an answer/, /cacert/);
  await serving;
  listener.close();
  await certs[Symbol.asyncDispose]();
});

Deno.test("a host that takes no connection: dialling ends when its time is up", async () => {
  await using full = await fullPort();
  await assert.rejects(clientOf(full.endpoint, { budget: { ms: 300 } }), (error) => {
    assert.ok(error instanceof DialError, String(error));
    assert.match(error.message, /cannot reach tcp:\S+: timed out while connecting/);
    assert.match(error.hint ?? "", /firewall/);
    return true;
  });
});
