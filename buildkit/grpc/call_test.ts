import assert from "node:assert/strict";
import { ControlDefinition } from "../../proto/gen/control.ts";
import { WorkerRecord } from "../../proto/gen/worker.ts";
import { messageOf } from "../../proto/message_of.ts";
import { loopback } from "../../tests/grpc/loopback.ts";
import { manualClock } from "../../tests/harness/manual_clock.ts";
import { type Handler, type ServerCall, unary } from "./call.ts";
import { all } from "./metadata.ts";
import { Code, RpcError } from "./status.ts";

const { info, listWorkers, status } = ControlDefinition.methods;
const INFO = "/moby.buildkit.v1.Control/Info";

/** A call's error. Fails when there is none. */
async function errorOf(promise: Promise<unknown>): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return error;
  }
  assert.fail("the call went well");
}

const echo: Handler = async (call) => {
  await call.receive(async (message) => {
    const copy = message.slice();
    call.send(new Uint8Array(0), copy);
    await call.drained(1 << 20);
  });
};

Deno.test("a unary call carries the request there and the answer back", async () => {
  const { channel } = loopback([{
    "/moby.buildkit.v1.Control/ListWorkers": unary(
      listWorkers,
      (request) => ({ record: request.filter.map((ID) => messageOf(WorkerRecord, { ID })) }),
    ),
  }]);
  const answer = await channel.unary(ControlDefinition, listWorkers, { filter: ["a", "b"] });
  assert.deepEqual(answer.record.map(({ ID }) => ID), ["a", "b"]);
});

Deno.test("repeated metadata keeps its order, and commas in values", async () => {
  let seen: string[] = [];
  const { channel } = loopback([{
    [INFO]: unary(info, (_, call) => {
      seen = all(call.metadata, "followpaths");
      return { buildkitVersion: undefined };
    }),
  }]);
  const metadata: [string, string][] = [["followpaths", "a"], ["x", "1"], ["followpaths", "b,c"]];
  await channel.unary(ControlDefinition, info, {}, { metadata });
  assert.deepEqual(seen, ["a", "b,c"]);
});

Deno.test("an error's code, message and details arrive as they were", async () => {
  const value = new TextEncoder().encode('{"a":1}');
  const { channel } = loopback([{
    [INFO]: () =>
      Promise.reject(
        new RpcError(Code.NOT_FOUND, "nö 100%\n", { details: [{ typeUrl: "t/x", value }] }),
      ),
  }]);
  const error = await errorOf(channel.unary(ControlDefinition, info, {}));
  assert.equal(error.code, Code.NOT_FOUND);
  assert.equal(error.message, "nö 100%\n");
  assert.equal(error.details[0]!.typeUrl, "t/x");
  assert.deepEqual([...error.details[0]!.value], [...value]);
});

Deno.test("a method that is not served is UNIMPLEMENTED", async () => {
  const error = await errorOf(loopback([]).channel.unary(ControlDefinition, info, {}));
  assert.equal(error.code, Code.UNIMPLEMENTED);
  assert.match(error.message, /Info is not served/);
});

Deno.test("messages of every size come back whole, up to 16 MiB", async () => {
  const { channel } = loopback([{ "/t/Echo": echo }]);
  const call = channel.call("/t/Echo");
  const sizes = [0, 1, 4095, 4096, 16_384, 100_000, 16 << 20];
  const got: number[] = [];
  const done = call.receive((message) => {
    assert.ok(message.every((byte, at) => byte === (at * 31 & 0xff)));
    got.push(message.length);
  });
  for (const size of sizes) {
    call.send(new Uint8Array(0), new Uint8Array(size).map((_, at) => at * 31));
  }
  call.endSend();
  await done;
  assert.deepEqual(got, sizes);
});

Deno.test("a message beyond 16 MiB is RESOURCE_EXHAUSTED, and names the limit", async () => {
  const { channel } = loopback([{ "/t/Echo": echo }]);
  const call = channel.call("/t/Echo");
  call.send(new Uint8Array(0), new Uint8Array((16 << 20) + 1));
  call.endSend();
  const error = await errorOf(call.receive(() => {}));
  assert.equal(error.code, Code.RESOURCE_EXHAUSTED);
  assert.match(error.message, /16777217 bytes exceed the limit of 16777216/);
});

Deno.test("a deadline ends the call on both sides", async () => {
  using clock = manualClock();
  const served = Promise.withResolvers<ServerCall>();
  const { channel } = loopback([{
    [INFO]: (call) => {
      served.resolve(call);
      return new Promise((_, reject) =>
        call.signal.addEventListener("abort", () => reject(call.signal.reason))
      );
    },
  }]);
  const failed = errorOf(channel.unary(ControlDefinition, info, {}, { timeoutMs: 20 }));
  const call = await served.promise;
  await clock.advance(20);
  assert.equal((await failed).code, Code.DEADLINE_EXCEEDED);
  if (!call.signal.aborted) {
    await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
  }
});

Deno.test("cancelling rejects with the reason, and the server hears of it", async () => {
  const served = Promise.withResolvers<ServerCall>();
  const { channel } = loopback([{
    "/moby.buildkit.v1.Control/Status": async (call) => {
      served.resolve(call);
      await call.receive(() => {});
      await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    },
  }]);
  const stop = new AbortController();
  const reason = new Error("the user pressed Ctrl-C");
  const done = channel.serverStream(ControlDefinition, status, { Ref: "r" }, () => {}, {
    signal: stop.signal,
  });
  const call = await served.promise;
  const heard = new Promise((resolve) => call.signal.addEventListener("abort", resolve));
  stop.abort(reason);
  await assert.rejects(done, reason);
  await heard;
});

Deno.test("a lost connection fails every call with UNAVAILABLE", async () => {
  const { channel, cut } = loopback([{ [INFO]: () => new Promise(() => {}) }]);
  const calls = [1, 2, 3].map(() => errorOf(channel.unary(ControlDefinition, info, {})));
  await new Promise((resolve) => setTimeout(resolve, 5));
  cut("cable pulled");
  for (const call of calls) {
    const error = await call;
    assert.equal(error.code, Code.UNAVAILABLE);
    assert.match(error.message, /cable pulled/);
  }
});

Deno.test("a receiver that waits holds the sender back, and loses nothing", async () => {
  let handed = 0;
  const { channel } = loopback([{
    "/t/Flood": async (call) => {
      for (let i = 0; i < 512; i++) {
        call.send(new Uint8Array(0), new Uint8Array(64 << 10), () => handed++);
        await call.drained(256 << 10);
      }
    },
  }]);
  const call = channel.call("/t/Flood");
  call.endSend();
  let got = 0;
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const done = call.receive(() => {
    got++;
    begun.resolve();
    return got === 1 ? gate.promise : undefined;
  });
  await begun.promise;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(got, 1);
  assert.ok(handed < 200, `${handed} of 512 messages left the sender while nobody read`);
  gate.resolve();
  await done;
  assert.equal(got, 512);
});

Deno.test("what a receiver throws ends the call with that", async () => {
  const { channel } = loopback([{ "/t/Echo": echo }]);
  const call = channel.call("/t/Echo");
  call.send(new Uint8Array([1]));
  await assert.rejects(
    call.receive(() => {
      throw new Error("disk full");
    }),
    /disk full/,
  );
});
