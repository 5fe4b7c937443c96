/** Our client against servers that are not ours: nghttp2's, node's. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, type Http2Error } from "../../buildkit/http2/errors.ts";
import { freePort } from "../harness/daemon.ts";
import { eventually } from "../harness/manual_clock.ts";
import { startProxy } from "../harness/proxy.ts";
import { skip } from "../harness/skip.ts";
import { available } from "../harness/tool.ts";
import { type Client, connect } from "./client.ts";
import { serve } from "./server.ts";

const nghttpd = await available("nghttpd");

/** Runs nghttpd over a folder with one file of a million bytes. */
async function withNghttpd(
  options: string[],
  work: (client: Client, file: Uint8Array) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * i >> 4);
  await Deno.writeFile(`${folder}/file`, file);
  const port = freePort();
  const args = ["--no-tls", "--address=127.0.0.1", "--htdocs", folder, ...options, `${port}`];
  const child = new Deno.Command(nghttpd.path!, { args, stdout: "null", stderr: "null" }).spawn();
  try {
    const client = await patiently(async () => {
      const client = await connect(port);
      await client.connection.ping(); // with its answer we know how many streams it allows
      return client;
    });
    await work(client, file);
    await client.run.close();
    assert.equal(client.error, undefined);
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 200;; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const status = (list: readonly (readonly [string, string])[]) =>
  list.find(([name]) => name === ":status")?.[1];

for (
  const options of [
    [],
    ["--padding=200", "--trailer=a: b"],
    ["--window-bits=10", "--connection-window-bits=16"],
    ["--header-table-size=0"],
    ["--encoder-header-table-size=128"],
    ["--max-concurrent-streams=2"],
    ["--no-content-length"],
  ]
) {
  Deno.test(
    { name: `nghttpd ${options.join(" ")}`, ignore: skip(nghttpd.reason) },
    () =>
      withNghttpd([...options, "--echo-upload"], async (client, file) => {
        const asked = await Promise.all(
          Array.from({ length: 10 }, () => client.ask("GET", "/file")),
        );
        for (const { headers, body, trailers } of asked) {
          assert.equal(status(headers), "200");
          assert.ok(Buffer.from(file).equals(body));
          if (options.length === 2 && options[1]!.startsWith("--trailer")) {
            assert.deepEqual(trailers, [["a", "b"]]);
          }
        }
        const echoed = await client.ask("POST", "/echo", file, [["x", "y"]]);
        assert.ok(Buffer.from(file).equals(echoed.body));
        assert.equal(status((await client.ask("GET", "/none")).headers), "404");
        assert.ok(await client.connection.ping() >= 0);
      }),
  );
}

/** Runs a server of node's. */
async function withNode(
  options: http2.ServerOptions,
  answer: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  work: (client: Client, sessions: http2.ServerHttp2Session[]) => Promise<void>,
): Promise<void> {
  const server = http2.createServer(options);
  const sessions: http2.ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    answer(stream as http2.ServerHttp2Stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = await connect((server.address() as AddressInfo).port);
  await client.connection.ping();
  try {
    await work(client, sessions);
    client.run.abort();
    await client.run.closed;
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

Deno.test("node's server: bodies both ways, trailers, many streams", () =>
  withNode({ settings: { maxConcurrentStreams: 5, initialWindowSize: 1000 } }, (stream) => {
    stream.respond({ ":status": 200, "set-cookie": ["a", "b"] }, { waitForTrailers: true });
    stream.on(
      "wantTrailers",
      () => stream.sendTrailers({ "grpc-status": "0", long: "x".repeat(9000) }),
    );
    stream.pipe(stream);
  }, async (client) => {
    const body = Uint8Array.from({ length: 100_000 }, (_, i) => i >> 2);
    const asked = await Promise.all(
      Array.from({ length: 20 }, () => client.ask("POST", "/", body)),
    );
    for (const answer of asked) {
      assert.ok(Buffer.from(body).equals(answer.body));
      const cookies = answer.headers.filter(([name]) => name === "set-cookie");
      assert.deepEqual(cookies, [["set-cookie", "a"], ["set-cookie", "b"]]);
      assert.deepEqual(answer.trailers, [["grpc-status", "0"], ["long", "x".repeat(9000)]]);
    }
  }));

Deno.test("node's server: RST_STREAM and GOAWAY", () =>
  withNode({}, (stream, headers) => {
    if (headers[":path"] === "/reset") return stream.close(http2.constants.NGHTTP2_CANCEL);
    stream.respond({ ":status": 200 });
    stream.session!.goaway(
      http2.constants.NGHTTP2_ENHANCE_YOUR_CALM,
      0,
      Buffer.from("too_many_pings"),
    );
    stream.end("bye");
  }, async (client) => {
    await assert.rejects(client.ask("GET", "/reset"), (error: Http2Error) => {
      assert.equal(error.code, Code.CANCEL);
      return error.remote;
    });
    await client.ask("GET", "/goaway").catch(() => {});
    await client.run.closed;
    assert.equal(client.connection.goaway?.debug, "too_many_pings");
  }));

Deno.test("a slow link: a PING is answered while an upload fills it", async () => {
  const server = serve(0);
  await using proxy = await startProxy({
    to: `tcp://127.0.0.1:${server.port}`,
    up: { delayMs: 50, bytesPerSecond: 10 << 20 },
    down: { delayMs: 50 },
  });
  const client = await connect(Number(new URL(proxy.address.replace("tcp:", "http:")).port));
  const upload = client.ask("POST", "/", new Uint8Array(24 << 20));
  const ahead: number[] = [];
  for (let i = 1; i <= 4; i++) {
    await eventually(() => proxy.bytes.up > i * (3 << 20));
    const before = proxy.bytes.up;
    await client.connection.ping();
    ahead.push(proxy.bytes.up - before);
  }
  assert.equal((await upload).body.length, 24 << 20);
  assert.ok(Math.max(...ahead) < 10 << 20, `${ahead} bytes went before the answer`);
  await client.run.close();
  await server.close();
});
