import { deepEqual, rejects } from "node:assert/strict";
import { callMethod, fakeCall } from "../../tests/session/fake_call.ts";
import { health } from "./health.ts";

const SERVING = new Uint8Array([0x08, 0x01]);

Deno.test("Check answers SERVING, whatever is asked about", async () => {
  for (const request of [new Uint8Array(0), new Uint8Array([0x0a, 0x01, 0x78])]) {
    deepEqual(
      await callMethod(health, "/grpc.health.v1.Health/Check", { messages: [request] }),
      [SERVING],
    );
  }
});

Deno.test("Watch answers once and stays until it is cut", async () => {
  const end = new AbortController();
  const sent: Uint8Array[] = [];
  const path = "/grpc.health.v1.Health/Watch";
  const call = health[path]!(fakeCall(path, { signal: end.signal }, sent));
  await Promise.resolve();
  deepEqual(sent, [SERVING]);
  end.abort(new Error("cut"));
  await rejects(call, { message: "cut" });
});
