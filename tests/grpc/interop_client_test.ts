/** Our gRPC client against @grpc/grpc-js's server. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  Metadata,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import type { CallOptions, Channel } from "../../buildkit/grpc/channel.ts";
import { all, first } from "../../buildkit/grpc/metadata.ts";
import { Code, RpcError } from "../../buildkit/grpc/status.ts";
import { Status } from "../../proto/gen/status.ts";
import { manualClock } from "../harness/manual_clock.ts";
import { type Method, theirServer } from "./peer.ts";

type Unary = ServerUnaryCall<Buffer, Buffer>;
type Answer = sendUnaryData<Buffer>;
const unary = (handle: (call: Unary, answer: Answer) => void): Method => ({
  requestStream: false,
  responseStream: false,
  handle,
});
const none = new Uint8Array(0);
const echo = unary((call, answer) => answer(null, call.request));

/** Sends messages, ends, and gathers the answers. */
async function exchange(
  channel: Channel,
  name: string,
  messages: readonly Uint8Array[],
  options?: CallOptions,
): Promise<Uint8Array[]> {
  const call = channel.call(`/test.Peer/${name}`, options);
  for (const message of messages) call.send(none, message);
  call.endSend();
  const answers: Uint8Array[] = [];
  await call.receive((bytes) => void answers.push(bytes.slice()));
  return answers;
}

async function errorOf(promise: Promise<unknown>): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return error;
  }
  assert.fail("the call went well");
}

Deno.test("unary messages of every size, up to 16 MiB", async () => {
  await using server = await theirServer({ Echo: echo });
  for (const size of [0, 1, 16_379, 16_384, 100_000, 16 << 20]) {
    const message = new Uint8Array(size).map((_, at) => at * 31);
    const [answer] = await exchange(server.channel, "Echo", [message]);
    assert.equal(Buffer.compare(answer!, message), 0, `${size} bytes`);
  }
});

Deno.test("a message beyond the peer's limit is RESOURCE_EXHAUSTED, and the channel stays usable", async () => {
  await using server = await theirServer({ Echo: echo });
  const error = await errorOf(
    exchange(server.channel, "Echo", [new Uint8Array((16 << 20) + 1)]),
  );
  assert.equal(error.code, Code.RESOURCE_EXHAUSTED);
  assert.equal((await exchange(server.channel, "Echo", [new Uint8Array(3)])).length, 1);
});

Deno.test("streams carry many messages in either direction, and in both at once", async () => {
  await using server = await theirServer({
    Sum: {
      requestStream: true,
      responseStream: false,
      handle: (call: ServerReadableStream<Buffer, Buffer>, answer: Answer) => {
        let sum = 0;
        call.on("data", (message: Buffer) => sum += message.length);
        call.on("end", () => answer(null, Buffer.from(String(sum))));
      },
    },
    Count: {
      requestStream: false,
      responseStream: true,
      handle: (call: ServerWritableStream<Buffer, Buffer>) => {
        for (let i = 0; i < Number(call.request.toString()); i++) call.write(Buffer.from([i]));
        call.end();
      },
    },
    Double: {
      requestStream: true,
      responseStream: true,
      handle: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on("data", (message: Buffer) => call.write(Buffer.concat([message, message])));
        call.on("end", () => call.end());
      },
    },
  });
  const parts = Array.from({ length: 200 }, (_, i) => new Uint8Array(i * 100));
  const [sum] = await exchange(server.channel, "Sum", parts);
  assert.equal(new TextDecoder().decode(sum), String(199 * 200 * 50));
  const counted = await exchange(server.channel, "Count", [new TextEncoder().encode("200")]);
  assert.deepEqual(counted.map((bytes) => bytes[0]), parts.map((_, i) => i));
  const doubled = await exchange(server.channel, "Double", parts);
  assert.deepEqual(doubled.map(({ length }) => length), parts.map(({ length }) => 2 * length));
});

Deno.test("metadata both ways: repeated, binary, with commas, in headers and trailers", async () => {
  let seen = new Metadata();
  await using server = await theirServer({
    Meta: unary((call, answer) => {
      seen = call.metadata;
      const headers = new Metadata();
      headers.add("x-many", "a,b");
      headers.add("x-many", "c");
      headers.set("x-raw-bin", Buffer.from([0, 255, 128]));
      call.sendMetadata(headers);
      answer(null, Buffer.from("ok"));
    }),
  });
  const call = server.channel.call("/test.Peer/Meta", {
    metadata: [
      ["one", "a, b"],
      ["followpaths", "a"],
      ["followpaths", "b"],
      ["raw-bin", new Uint8Array([1, 2, 253]).toBase64()],
      ["bare-bin", new Uint8Array([9]).toBase64({ omitPadding: true })],
    ],
  });
  call.send(none);
  call.endSend();
  await call.receive(() => {});
  const headers = await call.headers;
  assert.deepEqual(all(headers, "x-many").join(",").replaceAll(", ", ","), "a,b,c");
  assert.deepEqual([...Uint8Array.fromBase64(first(headers, "x-raw-bin")!)], [0, 255, 128]);
  assert.deepEqual(seen.get("one"), ["a, b"]);
  // The peer joins repeated values, so only the values can be compared.
  assert.equal(seen.get("followpaths").join(",").replaceAll(", ", ","), "a,b");
  assert.deepEqual(seen.get("raw-bin"), [Buffer.from([1, 2, 253])]);
  assert.deepEqual(seen.get("bare-bin"), [Buffer.from([9])]);
});

Deno.test("errors: code, percent-encoded message, details; before and after messages", async () => {
  const details = Status.encode({
    code: Code.NOT_FOUND,
    message: "nö 100%\n",
    details: [{ typeUrl: "t/x", value: new Uint8Array([1, 2, 3]) }],
  }).finish();
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(details));
  const error = { code: Code.NOT_FOUND, details: "nö 100%\n", metadata };
  await using server = await theirServer({
    Fail: unary((_, answer) => answer(error)),
    Late: {
      requestStream: false,
      responseStream: true,
      handle: (call: ServerWritableStream<Buffer, Buffer>) => {
        call.write(Buffer.from("first"));
        call.emit("error", error);
      },
    },
  });
  for (const name of ["Fail", "Late"]) {
    const met = await errorOf(exchange(server.channel, name, [none]));
    assert.equal(met.code, Code.NOT_FOUND, name);
    assert.equal(met.message, "nö 100%\n");
    assert.deepEqual(met.details.map(({ typeUrl, value }) => [typeUrl, ...value]), [
      ["t/x", 1, 2, 3],
    ]);
  }
  const unknown = await errorOf(exchange(server.channel, "Missing", [none]));
  assert.equal(unknown.code, Code.UNIMPLEMENTED);
});

Deno.test("a deadline of the client reaches the server, and ends the call on both sides", async () => {
  const begun = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  let left = 0;
  await using server = await theirServer({
    Hang: unary((call) => {
      left = Number(call.getDeadline()) - Date.now();
      call.on("cancelled", () => cancelled.resolve());
      begun.resolve();
    }),
  });
  using clock = manualClock();
  const timeoutMs = 60_000;
  const failed = errorOf(exchange(server.channel, "Hang", [none], { timeoutMs }));
  await begun.promise;
  await clock.advance(timeoutMs);
  assert.equal((await failed).code, Code.DEADLINE_EXCEEDED);
  await cancelled.promise;
  assert.ok(left > 0 && left <= timeoutMs, `they were told ${left} ms`);
});

Deno.test("a call that the client cancels is cancelled at the server", async () => {
  const begun = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  await using server = await theirServer({
    Hang: unary((call) => {
      call.on("cancelled", () => cancelled.resolve());
      begun.resolve();
    }),
  });
  const stop = new AbortController();
  const call = exchange(server.channel, "Hang", [none], { signal: stop.signal });
  await begun.promise;
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(call, reason);
  await cancelled.promise;
});
