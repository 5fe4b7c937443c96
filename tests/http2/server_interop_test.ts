/** Clients that are not ours against our server: h2spec, nghttp2's, node's. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as http2 from "node:http2";
import { check, run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { available } from "../harness/tool.ts";
import type { Limits } from "../../buildkit/http2/settings.ts";
import { serve } from "./server.ts";

const h2spec = await available("h2spec");
const nghttp = await available("nghttp");
const h2load = nghttp.path?.replace(/nghttp$/, "h2load"); // of the same package

async function withServer(
  work: (port: number, url: string) => Promise<void>,
  limits: Partial<Limits> = {},
): Promise<void> {
  const server = serve(0, { limits });
  try {
    await work(server.port, `http://127.0.0.1:${server.port}`);
  } finally {
    await server.close();
  }
}

Deno.test(
  { name: "h2spec, whole and strict", ignore: skip(h2spec.reason) },
  () =>
    withServer(async (port) => {
      const args = ["--strict", "-h", "127.0.0.1", "-p", `${port}`, "--timeout", "3"];
      const { code, stdout } = await run(h2spec.path!, args);
      const summary = stdout.trim().split("\n").at(-1);
      assert.match(summary!, /^146 tests, 146 passed, 0 skipped, 0 failed$/, stdout);
      assert.equal(code, 0);
    }),
);

for (
  const options of [
    [],
    ["--window-bits=10", "--connection-window-bits=16"],
    ["--padding=255"],
    ["--header-table-size=0"],
    ["--header-table-size=100", "--header-table-size=4096"],
    ["--encoder-header-table-size=0", "--max-concurrent-streams=1"],
    ["--no-dep", "--multiply=20"],
  ]
) {
  Deno.test(
    { name: `nghttp ${options.join(" ")}`, ignore: skip(nghttp.reason) },
    () =>
      withServer(async (_, url) => {
        const folder = await Deno.makeTempDir();
        const file = `${folder}/body`;
        const body = Uint8Array.from({ length: 300_000 }, (_, i) => i * i);
        await Deno.writeFile(file, body);
        const copies = options.includes("--multiply=20") ? 20 : 1;
        for (const path of ["/", "/bytes/200000"]) {
          const { stdout } = await check(nghttp.path!, ["--stat", ...options, url + path]);
          assert.equal(stdout.match(/ 200 +\S+ \/\S*$/gm)?.length, copies, stdout);
        }
        const trailer = ["--trailer", "a: b", "--data", file, "--null-out", "--verbose"];
        const { stdout } = await check(nghttp.path!, [...trailer, ...options, `${url}/`]);
        assert.equal(stdout.match(/x-end: whole/g)?.length, copies);
        const echoed = await new Deno.Command(nghttp.path!, {
          args: ["--data", file, ...options, `${url}/`],
        }).output();
        assert.equal(echoed.stdout.length, body.length * copies);
        assert.ok(Buffer.from(body).equals(echoed.stdout.subarray(0, body.length)) || copies > 1);
        await Deno.remove(folder, { recursive: true });
      }),
  );
}

Deno.test(
  { name: "h2load: many connections, streams and requests", ignore: skip(nghttp.reason) },
  () =>
    withServer(async (_, url) => {
      for (const path of ["/", "/bytes/100000"]) {
        const { stdout } = await check(h2load!, ["-n2000", "-c10", "-m50", url + path]);
        assert.match(stdout, /2000 succeeded, 0 failed, 0 errored, 0 timeout/);
      }
      const { stdout } = await check(h2load!, ["-n200", "-c4", "-m10", "-d", h2load!, `${url}/`]);
      assert.match(stdout, /200 succeeded, 0 failed/);
    }),
);

/** One request by node's client. */
function ask(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: Uint8Array,
): Promise<{ status: number; body: Buffer; trailers: http2.IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const request = session.request(headers, { endStream: body === undefined });
    const chunks: Buffer[] = [];
    let status = 0;
    let trailers: http2.IncomingHttpHeaders = {};
    request.on("response", (list) => status = list[":status"]!);
    request.on("trailers", (list) => trailers = list);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", reject);
    request.on("end", () => resolve({ status, body: Buffer.concat(chunks), trailers }));
    if (body !== undefined) request.end(body);
  });
}

Deno.test("node's client: bodies both ways, trailers, large header lists", () =>
  withServer(async (_, url) => {
    const session = http2.connect(url, { settings: { initialWindowSize: 1 << 20 } });
    const hello = await ask(session, { ":path": "/" });
    assert.equal(hello.body.toString(), "hello\n");
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const body = new Uint8Array(i * 10_000).fill(i);
        const large = "x".repeat(i * 1000);
        return ask(session, { ":path": "/", ":method": "POST", large }, body).then((answer) => {
          assert.equal(answer.status, 200);
          assert.ok(answer.body.equals(body));
          assert.equal(answer.trailers["x-end"], "whole");
        });
      }),
    );
    assert.equal(asked.length, 20);
    await new Promise<void>((resolve, reject) =>
      session.ping((error) => error ? reject(error) : resolve())
    );
    await new Promise<void>((resolve) => session.close(resolve));
  }));

Deno.test("node's client: a window of ours that is small", () =>
  withServer(async (_, url) => {
    const session = http2.connect(url);
    const body = Uint8Array.from({ length: 1_000_000 }, (_, i) => i >> 3);
    const answer = await ask(session, { ":path": "/", ":method": "POST" }, body);
    assert.ok(answer.body.equals(body));
    await new Promise<void>((resolve) => session.close(resolve));
  }, { streamWindow: 5000, connectionWindow: 70_000 }));
