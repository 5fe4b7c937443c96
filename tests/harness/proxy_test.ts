import assert from "node:assert/strict";
import { carry } from "../../transports/net/relay.ts";
import { accept } from "./accept.ts";
import { eventually } from "./manual_clock.ts";
import { connect, startProxy } from "./proxy.ts";

/** A server that echoes each connection, and ends when the client has ended. */
function startEcho() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = accept(listener, (connection) => carry(connection, connection));
  return { to: `tcp://127.0.0.1:${listener.addr.port}`, ...accepting };
}

/** Sends `size` bytes and reads to the end; how many came back, and after how many ms. */
async function echo(address: string, size: number) {
  const start = performance.now();
  const connection = await connect(address);
  const sending = (async () => {
    const block = new Uint8Array(Math.min(size, 1 << 20));
    for (let sent = 0; sent < size;) sent += await connection.write(block.subarray(0, size - sent));
    await connection.closeWrite();
  })().catch(() => {});
  let received = 0;
  const buffer = new Uint8Array(1 << 16);
  try {
    while (true) {
      const count = await connection.read(buffer);
      if (count === null) break;
      received += count;
    }
  } catch {
    // A reset counts as an end here.
  }
  connection.close();
  await sending;
  return { received, ms: performance.now() - start };
}

Deno.test("bytes and the ends of streams pass through, over TCP and unix sockets", async () => {
  await using server = startEcho();
  for (const listen of ["tcp", "unix"] as const) {
    await using proxy = await startProxy({ to: server.to, listen });
    assert.equal((await echo(proxy.address, 5_000_000)).received, 5_000_000);
    assert.deepEqual(proxy.bytes, { up: 5_000_000, down: 5_000_000 });
    assert.equal(proxy.connections, 1);
  }
});

Deno.test("a delay adds to each way once, however many bytes there are", async () => {
  await using server = startEcho();
  await using proxy = await startProxy({
    to: server.to,
    up: { delayMs: 50 },
    down: { delayMs: 50 },
  });
  // At least 153 pieces, so a delay for each would take 7 s or more.
  const { received, ms } = await echo(proxy.address, 10_000_000);
  assert.equal(received, 10_000_000);
  assert.ok(ms >= 98 && ms < 7000, `${ms} ms`);
});

Deno.test("a rate limits how fast bytes pass", async () => {
  await using server = startEcho();
  await using proxy = await startProxy({ to: server.to, up: { bytesPerSecond: 10_000_000 } });
  const { ms } = await echo(proxy.address, 3_000_000);
  assert.ok(ms > 280, `${ms} ms`);
});

Deno.test("a cut happens at its exact byte", async () => {
  await using server = startEcho();
  for (const cutAfter of [0, 1, 70_001]) {
    await using down = await startProxy({ to: server.to, down: { cutAfter } });
    assert.ok((await echo(down.address, 200_000)).received <= cutAfter);
    assert.equal(down.bytes.down, cutAfter);
    await using up = await startProxy({ to: server.to, up: { cutAfter } });
    await echo(up.address, 200_000);
    assert.equal(up.bytes.up, cutAfter);
  }
});

Deno.test("a stalled proxy is silent, and goes on when released", async () => {
  await using server = startEcho();
  await using proxy = await startProxy({ to: server.to });
  proxy.stall(true);
  const echoing = echo(proxy.address, 1000);
  await eventually(() => proxy.open === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(proxy.bytes, { up: 0, down: 0 });
  proxy.stall(false);
  assert.equal((await echoing).received, 1000);
});

Deno.test("cut() ends open connections, and so does a target that does not exist", async () => {
  await using server = startEcho();
  await using proxy = await startProxy({ to: server.to, up: { stallAfter: 10 } });
  const echoing = echo(proxy.address, 1000);
  while (proxy.bytes.down < 10) await new Promise((resolve) => setTimeout(resolve, 5));
  proxy.cut();
  assert.equal((await echoing).received, 10);
  await using nowhere = await startProxy({ to: "unix:///nonexistent/s" });
  assert.equal((await echo(nowhere.address, 10)).received, 0);
});
