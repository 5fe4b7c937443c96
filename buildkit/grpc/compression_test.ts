import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { acceptsGzip, makeCompression } from "./compression.ts";
import { type LinkFacts, LinkJudge, QUICK } from "./link_judge.ts";

const none = new Uint8Array(0);
const text = new TextEncoder().encode("a line that repeats\n".repeat(4000));
const noise = crypto.getRandomValues(new Uint8Array(60_000));

Deno.test("only a peer that announces gzip, by that very name, accepts it", () => {
  const name = "grpc-accept-encoding";
  for (const value of ["gzip", "identity,deflate,gzip", "identity, gzip "]) {
    assert.ok(acceptsGzip([["te", "trailers"], [name, value]]), value);
  }
  assert.ok(acceptsGzip([[name, "identity"], [name, "gzip"]]));
  for (
    const value of ["", "identity", "GZIP", "gzipp,x-gzip", "gzip;q=1", ",,\t", "g".repeat(1e6)]
  ) {
    assert.ok(!acceptsGzip([[name, value]]), value.slice(0, 20));
  }
  assert.ok(!acceptsGzip([["grpc-encoding", "gzip"]]));
  assert.ok(!acceptsGzip([]));
});

Deno.test("messages are compressed while the judge says so, if they become smaller", async () => {
  const facts: LinkFacts = { now: () => 0, roundTrip: () => 50 };
  const judge = new LinkJudge(facts);
  const compression = makeCompression(() => 50, judge);
  assert.equal(compression.pack(none, text), undefined, "the link isn't slow");
  judge.level = QUICK;
  while (compression.pack(none, text) === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (
    const [head, body] of [[text, none], [none, text], [text, noise.subarray(0, 100)]] as const
  ) {
    const packed = compression.pack(head, body)!;
    assert.ok(packed.length < text.length / 10);
    assert.deepEqual(new Uint8Array(gunzipSync(packed)), new Uint8Array([...head, ...body]));
  }
  for (const body of [noise, noise.subarray(0, 20_000), text.subarray(0, 500), none]) {
    assert.equal(compression.pack(none, body), undefined, `${body.length} bytes`);
  }
  judge.level = 0;
  assert.equal(compression.pack(none, text), undefined);
});
