import assert from "node:assert/strict";
import type { ByteStream } from "../byte_stream.ts";
import { failover } from "./failover.ts";

/** A far side's answer to a read. */
type Behaviour = "fails" | "ends" | "answers";

/** Streams with these answers, one after the other, and the bytes that each was sent. */
function pods(...behaviours: Behaviour[]) {
  const sent: string[] = [];
  const closed: number[] = [];
  const open = (index: number): ByteStream => {
    sent[index] = "";
    return {
      async read(into) {
        await Promise.resolve();
        if (behaviours[index] === "fails") throw new Error(`pod ${index} failed`);
        if (behaviours[index] === "ends") return null;
        into[0] = 48 + index;
        return 1;
      },
      write(from) {
        // A write takes one byte, so the rest must be written again.
        sent[index] += new TextDecoder().decode(from.subarray(0, 1));
        return Promise.resolve(1);
      },
      closeWrite() {
        sent[index] += "$";
        return Promise.resolve();
      },
      close: () => void closed.push(index),
    };
  };
  const reasons: string[] = [];
  let next = 0;
  const stream = failover(open(0), (error) => {
    reasons.push((error as Error).message);
    next += 1;
    return next < behaviours.length
      ? Promise.resolve(open(next))
      : Promise.reject(new Error(reasons.join("; ")));
  });
  return { stream, sent, closed, reasons };
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(stream: ByteStream): Promise<string | null> {
  const into = new Uint8Array(8);
  const count = await stream.read(into);
  return count === null ? null : new TextDecoder().decode(into.subarray(0, count));
}

Deno.test("failover: the next one gets all that was written before the first byte", async () => {
  const { stream, sent, closed, reasons } = pods("fails", "ends", "answers");
  assert.equal(await stream.write(bytes("PRI *")), 5);
  assert.equal(await stream.write(bytes(" HTTP")), 5);
  assert.equal(await read(stream), "2");
  assert.deepEqual(sent, ["PRI * HTTP", "PRI * HTTP", "PRI * HTTP"]);
  assert.deepEqual(closed, [0, 1]);
  assert.deepEqual(reasons, ["pod 0 failed", "it ended without an answer"]);
  await stream.write(bytes("!"));
  assert.equal(sent[2], "PRI * HTTP!");
  stream.close();
  await assert.rejects(read(stream), /the stream was closed/);
});

Deno.test("failover: a half-close is repeated", async () => {
  const { stream, sent } = pods("fails", "answers");
  await stream.write(bytes("a"));
  await stream.closeWrite();
  assert.equal(await read(stream), "1");
  assert.deepEqual(sent, ["a$", "a$"]);
});

Deno.test("failover: with none left, the reasons of all", async () => {
  const { stream } = pods("fails", "fails");
  await assert.rejects(read(stream), /^Error: pod 0 failed; pod 1 failed$/);
  await assert.rejects(read(stream), /pod 1 failed/);
});

Deno.test("failover: no way back after the first byte, or with much written", async () => {
  const behaviours: Behaviour[] = ["answers", "answers"];
  const answered = pods(...behaviours);
  assert.equal(await read(answered.stream), "0");
  assert.equal(answered.reasons.length, 0);
  const much = pods("fails", "answers");
  for (let i = 0; i < 5; i++) await much.stream.write(new Uint8Array(64 << 10));
  await assert.rejects(read(much.stream), /pod 0 failed/);
  assert.equal(much.reasons.length, 0);
});
