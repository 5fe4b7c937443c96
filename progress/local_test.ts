import { momentOf } from "../base/go/time.ts";
import { deepEqual, equal } from "node:assert/strict";
import type { StatusResponse } from "../proto/gen/control.ts";
import { localVertexes } from "./local.ts";

Deno.test("a local vertex becomes messages; too many of them are left out, but not the last", () => {
  let now = 1000.25;
  const messages: StatusResponse[] = [];
  const vertex = localVertexes((message) => messages.push(message), () => now)
    .start("importing to docker");
  vertex.progress("sending tarball", 0);
  for (let sent = 1; sent <= 50; sent++) {
    now += 10;
    vertex.progress("sending tarball", sent, 50);
  }
  vertex.log("loaded\n");
  now += 10;
  vertex.done();
  vertex.done();
  vertex.fail("late");
  vertex.progress("sending tarball", 99);

  const statuses = messages.flatMap((message) => message.statuses);
  deepEqual(statuses.map(({ current }) => Number(current)), [0, 10, 20, 30, 40, 50, 50]);
  deepEqual(statuses.at(-1)?.completed, momentOf(1510.25));
  deepEqual(statuses.at(-1)?.started, { seconds: 1n, nanos: 250_000 });
  const vertexes = messages.flatMap((message) => message.vertexes);
  equal(vertexes.length, 2);
  equal(vertexes[0]?.digest, vertexes[1]?.digest);
  deepEqual(vertexes[1]?.completed, momentOf(1510.25));
  equal(new TextDecoder().decode(messages.flatMap(({ logs }) => logs)[0]?.msg), "loaded\n");
});

Deno.test("a local vertex that fails leaves its parts undone", () => {
  const messages: StatusResponse[] = [];
  const vertex = localVertexes((message) => messages.push(message), () => 5).start("x");
  vertex.progress("a", 1);
  vertex.complete("a");
  vertex.progress("b", 1);
  vertex.fail(new Error("disk full"));
  const last = messages.at(-1);
  equal(last?.vertexes[0]?.error, "disk full");
  deepEqual(last?.statuses.map(({ ID, completed }) => [ID, completed]), [["b", undefined]]);
});
