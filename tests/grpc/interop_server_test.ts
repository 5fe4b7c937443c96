/** Our gRPC server against @grpc/grpc-js's client. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  type CallOptions,
  type Client,
  type ClientDuplexStream,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Handler, ServerCall } from "../../buildkit/grpc/call.ts";
import { type Compression, makeCompression } from "../../buildkit/grpc/compression.ts";
import { LinkJudge, QUICK } from "../../buildkit/grpc/link_judge.ts";
import { all, first } from "../../buildkit/grpc/metadata.ts";
import { Code, RpcError } from "../../buildkit/grpc/status.ts";
import { Status } from "../../proto/gen/status.ts";
import { eventually } from "../harness/manual_clock.ts";
import { asBytes, ourServer } from "./peer.ts";

const none = new Uint8Array(0);
const echo: Handler = async (call) => {
  await call.receive(async (message) => {
    call.send(none, message.slice());
    await call.drained(1 << 20);
  });
};
/** Never answers; ends with its call. */
const hang = (seen: (call: ServerCall) => void): Handler => (call) => {
  seen(call);
  return new Promise((_, reject) =>
    call.signal.addEventListener("abort", () => reject(call.signal.reason), { once: true })
  );
};

function open(
  client: Client,
  name: string,
  metadata = new Metadata(),
  options: CallOptions = {},
): ClientDuplexStream<Uint8Array, Buffer> {
  return client.makeBidiStreamRequest(`/test.Our/${name}`, asBytes, asBytes, metadata, options);
}

/** Sends messages, ends, and gathers the answers; rejects with the call's error. */
function exchange(
  call: ClientDuplexStream<Uint8Array, Buffer>,
  messages: readonly Uint8Array[],
): Promise<Buffer[]> {
  const answers: Buffer[] = [];
  return new Promise((resolve, reject) => {
    call.on("data", (message: Buffer) => answers.push(message));
    call.on("error", reject);
    call.on("status", ({ code }) => {
      if (code === Code.OK) resolve(answers);
    });
    for (const message of messages) call.write(message);
    call.end();
  });
}

async function errorOf(promise: Promise<unknown>): Promise<ServiceError> {
  try {
    await promise;
  } catch (error) {
    return error as ServiceError;
  }
  assert.fail("the call went well");
}

Deno.test("unary calls, and messages of every size up to 16 MiB", async () => {
  await using server = ourServer([{ "/test.Our/Echo": echo }]);
  const answer = await new Promise<Buffer>((resolve, reject) => {
    server.client.makeUnaryRequest(
      "/test.Our/Echo",
      asBytes,
      asBytes,
      new Uint8Array([1, 2]),
      (error, value) => error ? reject(error) : resolve(value!),
    );
  });
  assert.deepEqual([...answer], [1, 2]);
  const sizes = [0, 1, 16_379, 16_384, 100_000, 16 << 20];
  const messages = sizes.map((size) => new Uint8Array(size).map((_, at) => at * 31));
  const answers = await exchange(open(server.client, "Echo"), messages);
  assert.deepEqual(answers.map(({ length }) => length), sizes);
  answers.forEach((bytes, i) => assert.equal(bytes.compare(messages[i]!), 0));
});

Deno.test("a message beyond our limit is RESOURCE_EXHAUSTED, and the connection stays usable", async () => {
  await using server = ourServer([{ "/test.Our/Echo": echo }]);
  const tooLong = [new Uint8Array((16 << 20) + 1)];
  const error = await errorOf(exchange(open(server.client, "Echo"), tooLong));
  assert.equal(error.code, Code.RESOURCE_EXHAUSTED);
  assert.match(error.details, /16777217 bytes exceed the limit/);
  assert.equal((await exchange(open(server.client, "Echo"), [none])).length, 1);
});

Deno.test("streams carry many messages in either direction, and in both at once", async () => {
  await using server = ourServer([{
    "/test.Our/Sum": async (call) => {
      let sum = 0;
      await call.receive((message) => void (sum += message.length));
      call.send(new TextEncoder().encode(String(sum)));
    },
    "/test.Our/Count": async (call) => {
      await call.receive(() => {});
      for (let i = 0; i < 200; i++) call.send(new Uint8Array([i]));
    },
    "/test.Our/Echo": echo,
  }]);
  const parts = Array.from({ length: 200 }, (_, i) => new Uint8Array(i * 100));
  const [sum] = await exchange(open(server.client, "Sum"), parts);
  assert.equal(sum!.toString(), String(199 * 200 * 50));
  const counted = await exchange(open(server.client, "Count"), []);
  assert.deepEqual(counted.map((bytes) => bytes[0]), parts.map((_, i) => i));
  const echoed = await exchange(open(server.client, "Echo"), parts);
  assert.deepEqual(echoed.map(({ length }) => length), parts.map(({ length }) => length));
});

Deno.test("metadata arrives as it was sent: repeated, with commas, binary", async () => {
  let seen: ServerCall | undefined;
  await using server = ourServer([{
    "/test.Our/Meta": async (call) => {
      seen = call;
      await call.receive(() => {});
    },
  }]);
  const metadata = new Metadata();
  for (const value of ["a", "b,c", " d "]) metadata.add("followpaths", value);
  metadata.set("raw-bin", Buffer.from([0, 255]));
  await exchange(open(server.client, "Meta", metadata), []);
  assert.deepEqual(all(seen!.metadata, "followpaths").map((value) => value.trim()), [
    "a",
    "b,c",
    "d",
  ]);
  const raw = first(seen!.metadata, "raw-bin")!;
  assert.deepEqual([...Uint8Array.fromBase64(raw, { lastChunkHandling: "loose" })], [0, 255]);
});

Deno.test("errors: code, percent-encoded message, details; before and after messages", async () => {
  const fail = () =>
    new RpcError(Code.NOT_FOUND, "nö 100%\n\t\x7f", {
      details: [{ typeUrl: "t/x", value: new Uint8Array([1, 2, 3]) }],
    });
  await using server = ourServer([{
    "/test.Our/Fail": () => Promise.reject(fail()),
    "/test.Our/Late": (call) => {
      call.send(new Uint8Array([1]));
      return Promise.reject(fail());
    },
  }]);
  for (const name of ["Fail", "Late"]) {
    const error = await errorOf(exchange(open(server.client, name), []));
    assert.equal(error.code, Code.NOT_FOUND, name);
    assert.equal(error.details, "nö 100%\n\t\x7f");
    const [binary] = error.metadata.get("grpc-status-details-bin");
    const { details, message } = Status.decode(new Uint8Array(binary as Buffer));
    assert.equal(message, error.details);
    assert.deepEqual(details.map(({ typeUrl, value }) => [typeUrl, ...value]), [["t/x", 1, 2, 3]]);
  }
  const missing = await errorOf(exchange(open(server.client, "Missing"), []));
  assert.equal(missing.code, Code.UNIMPLEMENTED);
});

Deno.test("a deadline of grpc-js ends the call at our server", async () => {
  const served = Promise.withResolvers<ServerCall>();
  await using server = ourServer([{ "/test.Our/Hang": hang(served.resolve) }]);
  // The connection is open, so the call reaches the server long before its deadline.
  await new Promise((resolve) => server.client.waitForReady(Infinity, resolve));
  const deadline = Date.now() + 1000;
  const call = open(server.client, "Hang", new Metadata(), { deadline });
  const error = await errorOf(exchange(call, []));
  assert.equal(error.code, Code.DEADLINE_EXCEEDED);
  const { signal } = await served.promise;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
});

Deno.test("a call that grpc-js cancels is cancelled at our server", async () => {
  const served = Promise.withResolvers<ServerCall>();
  await using server = ourServer([{ "/test.Our/Hang": hang(served.resolve) }]);
  const call = open(server.client, "Hang");
  const result = errorOf(exchange(call, []));
  const { signal } = await served.promise;
  call.cancel();
  assert.equal((await result).code, Code.CANCELLED);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
});

Deno.test("100 calls at once on one connection", async () => {
  await using server = ourServer([{ "/test.Our/Echo": echo }]);
  const messages = [new Uint8Array(50_000), new Uint8Array(3)];
  const calls = Array.from(
    { length: 100 },
    () => exchange(open(server.client, "Echo"), messages),
  );
  for (const answers of await Promise.all(calls)) {
    assert.deepEqual(answers.map(({ length }) => length), [50_000, 3]);
  }
});

Deno.test("grpc-js reads compressed messages between plain ones", async () => {
  const text = new TextEncoder().encode("a line that repeats\n".repeat(5000));
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  let packed = 0;
  const compression = makeCompression(() => 50, alwaysQuick());
  const counting: Compression = {
    ...compression,
    pack(head, body) {
      const bytes = compression.pack(head, body);
      if (bytes !== undefined) packed++;
      return bytes;
    },
  };
  await using server = ourServer([{ "/test.Our/Echo": echo }], counting);
  const messages = [text, noise, none, text.subarray(0, 600), text];
  const check = async (call: ClientDuplexStream<Uint8Array, Buffer>) => {
    const answers = await exchange(call, messages);
    answers.forEach((bytes, at) => assert.equal(bytes.compare(messages[at]!), 0));
  };
  // The first messages are plain, because gzip is being loaded.
  await check(open(server.client, "Echo"));
  await eventually(() => compression.pack(none, text) !== undefined);
  packed = 0;
  await check(open(server.client, "Echo"));
  assert.equal(packed, 3);
});

/** A judge that compresses always. */
function alwaysQuick(): LinkJudge {
  const judge = new LinkJudge({ now: () => 0, roundTrip: () => 50 });
  judge.level = QUICK;
  return judge;
}
