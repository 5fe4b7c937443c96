import assert from "node:assert/strict";
import { ControlDefinition, UsageRecord } from "../proto/gen/control.ts";
import { GCPolicy, WorkerRecord } from "../proto/gen/worker.ts";
import { messageOf } from "../proto/message_of.ts";
import { diskUsage, knowsSpaceLimits, prune } from "./cache.ts";
import { clientOf } from "../tests/grpc/loopback.ts";
import { pathOf, unary } from "./grpc/call.ts";

const { diskUsage: usage, prune: pruning, info, listWorkers } = ControlDefinition.methods;

function record(ID: string, Size: bigint): UsageRecord {
  return messageOf(UsageRecord, { ID, Size });
}

Deno.test("diskUsage() passes the filter on, and sorts by size, then by name", async () => {
  let asked: unknown;
  const client = clientOf({
    [pathOf(ControlDefinition, usage)]: unary(usage, (request) => {
      asked = request;
      return { record: [record("c", 5n), record("b", 9n), record("z", 1n), record("a", 9n)] };
    }),
  });
  const records = await diskUsage(client, ["type==regular,shared==false"]);
  assert.deepEqual(records.map(({ ID }) => ID), ["z", "c", "a", "b"]);
  assert.deepEqual(asked, { filter: ["type==regular,shared==false"], ageLimit: 0n });
});

Deno.test("prune() tells of each record as it goes", async () => {
  const client = clientOf({
    [pathOf(ControlDefinition, pruning)]: async (call) => {
      await call.receive(() => {});
      for (const name of ["a", "b"]) call.send(UsageRecord.encode(record(name, 1n)).finish());
    },
  });
  const gone: string[] = [];
  const limits = { keepDuration: 0n, reservedSpace: 0n, maxUsedSpace: 0n, minFreeSpace: 0n };
  await prune(client, { filter: [""], all: true, ...limits }, ({ ID }) => void gone.push(ID));
  assert.deepEqual(gone, ["a", "b"]);
});

const versions: [string, bigint, boolean][] = [
  ["v0.16.9", 1n, false],
  ["v0.17.0-rc1", 0n, true],
  ["v0.32.2", 0n, true],
  ["v1.0.0", 0n, true],
  ["v0.0.0+unknown", 0n, false],
  ["v0.0.0+unknown", 1n, true],
  ["", 0n, false],
];

for (const [version, minFreeSpace, expected] of versions) {
  Deno.test(`knowsSpaceLimits() of ${version} with a policy of ${minFreeSpace}`, async () => {
    const worker = messageOf(WorkerRecord, { GCPolicy: [messageOf(GCPolicy, { minFreeSpace })] });
    const client = clientOf({
      [pathOf(ControlDefinition, info)]: unary(info, () => ({
        buildkitVersion: { package: "", version, revision: "", dockerfileVersion: "" },
      })),
      [pathOf(ControlDefinition, listWorkers)]: unary(listWorkers, () => ({ record: [worker] })),
    });
    assert.equal(await knowsSpaceLimits(client), expected);
  });
}

Deno.test("knowsSpaceLimits() of a daemon that is too old to tell its version", async () => {
  const client = clientOf({
    [pathOf(ControlDefinition, listWorkers)]: unary(listWorkers, () => ({ record: [] })),
  });
  assert.equal(await knowsSpaceLimits(client), false);
});
