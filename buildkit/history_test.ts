import assert from "node:assert/strict";
import {
  BuildHistoryEvent,
  BuildHistoryRecord,
  BuildHistoryRequest,
  ControlDefinition,
  type UpdateBuildHistoryRequest,
} from "../proto/gen/control.ts";
import { messageOf } from "../proto/message_of.ts";
import { clientOf } from "../tests/grpc/loopback.ts";
import { pathOf, unary } from "./grpc/call.ts";
import { Code, RpcError } from "./grpc/status.ts";
import { listHistory, NoHistoryError, updateHistory } from "./history.ts";

const { listenBuildHistory, updateBuildHistory } = ControlDefinition.methods;

Deno.test("listHistory() asks for what is there now, and takes every event", async () => {
  let asked: BuildHistoryRequest | undefined;
  const client = clientOf({
    [pathOf(ControlDefinition, listenBuildHistory)]: async (call) => {
      await call.receive((bytes) => void (asked = BuildHistoryRequest.decode(bytes.slice())));
      for (const Ref of ["a", "b"]) {
        const event = messageOf(BuildHistoryEvent, {
          type: 1,
          record: messageOf(BuildHistoryRecord, { Ref }),
        });
        call.send(BuildHistoryEvent.encode(event).finish());
      }
    },
  });
  const { events, now } = await listHistory(client, { Limit: 50, Filter: ["status==error"] });
  assert.deepEqual(events.map(({ record }) => record?.Ref), ["a", "b"]);
  assert.equal(now, undefined);
  assert.deepEqual(asked, {
    ActiveOnly: false,
    Ref: "",
    EarlyExit: true,
    Filter: ["status==error"],
    Limit: 50,
  });
});

Deno.test("a daemon that lists records without end is stopped at 64 MiB", async () => {
  const record = messageOf(BuildHistoryRecord, { Ref: "a".repeat(1 << 20) });
  const event = BuildHistoryEvent.encode(messageOf(BuildHistoryEvent, { record })).finish();
  const client = clientOf({
    [pathOf(ControlDefinition, listenBuildHistory)]: async (call) => {
      while (true) {
        call.send(event);
        await call.drained(1 << 20);
      }
    },
  });
  await assert.rejects(listHistory(client, {}), {
    code: Code.RESOURCE_EXHAUSTED,
    message: "the records of builds exceed 64 MiB",
  });
});

Deno.test("a daemon without history gets a word about its age", async () => {
  const client = clientOf({});
  const check = (error: unknown) => {
    assert.ok(error instanceof NoHistoryError);
    assert.equal(error.message, "the daemon has no build history");
    assert.match(error.hint, /v0\.11/);
    return true;
  };
  await assert.rejects(listHistory(client, {}), check);
  await assert.rejects(updateHistory(client, { Ref: "a", Delete: true }), check);
});

Deno.test("updateHistory() says what is to be done; refusals stay as they are", async () => {
  const asked: UpdateBuildHistoryRequest[] = [];
  const client = clientOf({
    [pathOf(ControlDefinition, updateBuildHistory)]: unary(updateBuildHistory, (request) => {
      asked.push(request);
      if (request.Delete) throw new RpcError(Code.UNKNOWN, "not found");
      return {};
    }),
  });
  await updateHistory(client, { Ref: "a", Finalize: true });
  await assert.rejects(updateHistory(client, { Ref: "b", Delete: true }), { message: "not found" });
  assert.deepEqual(asked, [
    { Ref: "a", Pinned: false, Delete: false, Finalize: true },
    { Ref: "b", Pinned: false, Delete: true, Finalize: false },
  ]);
});
