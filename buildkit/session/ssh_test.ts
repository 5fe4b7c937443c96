import { deepEqual, equal, rejects } from "node:assert/strict";
import { bytesMessage, callMethod, fakeCall } from "../../tests/session/fake_call.ts";
import { Code } from "../grpc/status.ts";
import { type Agent, ssh } from "./ssh.ts";

const path = "/moby.sshforward.v1.SSH/ForwardAgent";

/** An agent (a mock) that answers each request with the request itself. */
const echo: Agent = () => ({
  ask: (request) => Promise.resolve(request.slice()),
  [Symbol.dispose]() {},
});
const service = ssh(new Map([["default", echo]]));

/** A request with its length. 11 lists the keys. */
function request(kind: number, size: number): Uint8Array {
  return new Uint8Array([0, 0, size >> 8, size & 0xff, kind, ...new Uint8Array(size - 1)]);
}

Deno.test("requests are answered however they are cut, and others than to list and sign are refused", async () => {
  const all = new Uint8Array([...request(11, 1), ...request(17, 3), ...request(13, 300)]);
  for (const cut of [1, 5, 7, 310]) {
    const messages = [];
    for (let at = 0; at < all.length; at += cut) {
      messages.push(bytesMessage(all.subarray(at, at + cut)));
    }
    deepEqual(await callMethod(service, path, { messages }), [
      bytesMessage(request(11, 1)),
      bytesMessage(new Uint8Array([0, 0, 0, 1, 5])),
      bytesMessage(request(13, 300)),
    ]);
  }
});

Deno.test("a request of no bytes, or of too many, ends the call", async () => {
  for (const bytes of [[0, 0, 0, 0], [0xff, 0, 0, 0, 11]]) {
    const messages = [bytesMessage(new Uint8Array(bytes))];
    await rejects(callMethod(service, path, { messages }), { code: Code.INVALID_ARGUMENT });
  }
});

Deno.test("a daemon that reads no answers gets few of them", async () => {
  const many = new Uint8Array(Array(1000).fill([...request(11, 1)]).flat());
  const sent: Uint8Array[] = [];
  const end = new AbortController();
  const call = fakeCall(path, { messages: [bytesMessage(many)], signal: end.signal }, sent);
  const { promise, reject } = Promise.withResolvers<void>();
  const drained = () => (end.abort(), promise);
  const over = rejects(service[path]!({ ...call, drained }), /over/);
  while (!end.signal.aborted) await Promise.resolve();
  equal(sent.length, 1);
  reject(new Error("over"));
  await over;
});
