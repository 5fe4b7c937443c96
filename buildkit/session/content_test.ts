import assert from "node:assert/strict";
import { testAlone } from "../../tests/harness/alone.ts";
import { removedLater } from "../../tests/harness/remove_folder.ts";
import {
  InfoRequest,
  ReadContentRequest,
  WriteAction,
  WriteContentRequest,
} from "../../proto/gen/content.ts";
import { makeTree } from "../../tests/harness/tree.ts";
import { fakeCall } from "../../tests/session/fake_call.ts";
import { messageOf } from "../../proto/message_of.ts";
import type { ServerCall } from "../grpc/call.ts";
import { Code, RpcError } from "../grpc/status.ts";
import { content } from "./content.ts";

const path = (method: string) => `/containerd.services.content.v1.Content/${method}`;

/** A call of one store with these messages; its answers are dropped. */
function callOf(store: string, messages: readonly Uint8Array[]): ServerCall {
  const metadata = [["buildkit-attachable-store-id", store]] as const;
  return fakeCall("", { metadata, messages }, []);
}

async function codeOf(run: Promise<void>): Promise<number | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return error.code;
  }
}

function write(part: Partial<WriteContentRequest>): Uint8Array {
  return WriteContentRequest.encode(messageOf(WriteContentRequest, part)).finish();
}

Deno.test("content(): what is asked of the wrong place is refused, and nothing is left", async () => {
  const dir = Deno.makeTempDirSync();
  await using _ = removedLater(dir);
  Deno.writeTextFileSync(`${dir}/secret`, "x");
  const service = content(new Map([["r", `${dir}/r`], ["w", `${dir}/w`]]), new Set(["w"]));
  const read = (store: string, digest: string) => {
    const request = ReadContentRequest.encode({ digest, offset: 0n, size: 0n }).finish();
    return codeOf(service[path("Read")]!(callOf(store, [request])));
  };
  const writes = (store: string, ...parts: Partial<WriteContentRequest>[]) =>
    codeOf(service[path("Write")]!(callOf(store, parts.map(write))));
  const none = `sha256:${"0".repeat(64)}`;
  assert.equal(await read("other", none), Code.NOT_FOUND);
  assert.equal(await read("r", none), Code.NOT_FOUND);
  for (
    const digest of ["../../secret", "sha256:../../secret", "", `sha256/..:${"0".repeat(64)}`]
  ) {
    assert.equal(await read("r", digest), Code.INVALID_ARGUMENT, digest);
    assert.equal(await writes("w", { ref: "x", expected: digest || "/" }), Code.INVALID_ARGUMENT);
  }
  const data = new TextEncoder().encode("data");
  const action = WriteAction.COMMIT;
  assert.equal(await writes("r", { ref: "x", data, action }), Code.PERMISSION_DENIED);
  assert.equal(await writes("w", { data, action }), Code.INVALID_ARGUMENT);
  assert.equal(await writes("w", { ref: "x", data, offset: 9n }), Code.OUT_OF_RANGE);
  const bad = Code.FAILED_PRECONDITION;
  assert.equal(await writes("w", { ref: "x", data, action, total: 3n }), bad);
  assert.equal(await writes("w", { ref: "x", data, action, expected: none }), bad);
  assert.deepEqual([...Deno.readDirSync(`${dir}/w/ingest`)], []);
  assert.equal(await writes("w", { ref: "../x", data }, { action, total: 4n }), undefined);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
  assert.equal(Deno.readTextFileSync(`${dir}/w/blobs/sha256/${sum}`), "data");
  assert.equal(await writes("w", { ref: "y", expected: `sha256:${sum}` }), Code.ALREADY_EXISTS);
  assert.equal(await read("w", `sha256:${sum}`), undefined);
});

Deno.test("content(): no link below a store is followed, for reading or writing", async () => {
  const dir = Deno.makeTempDirSync();
  await using _ = removedLater(dir);
  const hex = "0".repeat(64);
  const cases: [name: string, link: string, to: string][] = [
    ["the blob", `blobs/sha256/${hex}`, "../../../secret"],
    ["the algorithm", "blobs/sha256", "../../elsewhere"],
    ["blobs", "blobs", "../elsewhere2"],
    ["ingest", "ingest", "../elsewhere"],
  ];
  Deno.writeTextFileSync(`${dir}/secret`, "x");
  Deno.mkdirSync(`${dir}/elsewhere`);
  Deno.writeTextFileSync(`${dir}/elsewhere/${hex}`, "x");
  Deno.mkdirSync(`${dir}/elsewhere2/sha256`, { recursive: true });
  Deno.writeTextFileSync(`${dir}/elsewhere2/sha256/${hex}`, "x");
  const before = await names(dir);
  for (const [i, [name, link, to]] of cases.entries()) {
    const store = `${dir}/store${i}`;
    Deno.mkdirSync(`${store}/${link}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.symlinkSync(to, `${store}/${link}`);
    const service = content(new Map([["w", store]]), new Set(["w"]));
    const digest = `sha256:${hex}`;
    const action = WriteAction.COMMIT;
    const data = new TextEncoder().encode("data");
    const calls: [method: string, message: Uint8Array][] = [
      ["Read", ReadContentRequest.encode({ digest, offset: 0n, size: 0n }).finish()],
      ["Info", InfoRequest.encode({ digest }).finish()],
      ["Write", write({ ref: "x", expected: digest })],
      ["Write", write({ ref: "x", data, action })],
    ];
    for (const [method, message] of name === "ingest" ? calls.slice(2) : calls.slice(0, 3)) {
      const code = await codeOf(service[path(method)]!(callOf("w", [message])));
      assert.equal(code, Code.FAILED_PRECONDITION, `${name}: ${method}`);
    }
    if (name !== "ingest" && name !== "the blob") {
      const code = await codeOf(service[path("Write")]!(callOf("w", [calls[3]![1]])));
      assert.equal(code, Code.FAILED_PRECONDITION, `${name}: commit`);
    }
    Deno.removeSync(store, { recursive: true });
  }
  assert.deepEqual(await names(dir), before);
});

/** Everything below a folder. */
async function names(dir: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("find", { args: [dir] }).output();
  return new TextDecoder().decode(stdout).split("\n").sort();
}

Deno.test("content(): a daemon that reads no answers to its writes is held back", async () => {
  await using tree = await makeTree("");
  const service = content(new Map([["w", tree.root]]), new Set(["w"]));
  let answers = 0;
  const call = callOf("w", Array(100).fill(write({ ref: "x" })));
  const full = new RpcError(Code.CANCELLED, "full");
  const code = await codeOf(service[path("Write")]!({
    ...call,
    send: () => void answers++,
    drained: () => answers < 10 ? Promise.resolve() : Promise.reject(full),
  }));
  assert.deepEqual([answers, code], [10, Code.CANCELLED]);
});

testAlone({
  name: "content(): a write that begins again counts from there",
  file: import.meta.url,
}, async () => {
  const dir = Deno.makeTempDirSync();
  if (Deno.build.os !== "windows") Deno.umask(0);
  try {
    const service = content(new Map([["w", dir]]), new Set(["w"]));
    const [one, two] = [new TextEncoder().encode("one"), new TextEncoder().encode("two")];
    const parts = [{ ref: "x", action: WriteAction.WRITE, data: one }, {
      action: WriteAction.WRITE,
      data: two,
    }, { action: WriteAction.COMMIT, total: 3n }];
    await service[path("Write")]!(callOf("w", parts.map(write)));
    const [blob] = [...Deno.readDirSync(`${dir}/blobs/sha256`)];
    assert.equal(Deno.readTextFileSync(`${dir}/blobs/sha256/${blob!.name}`), "two");
    if (Deno.build.os !== "windows") {
      assert.equal(Deno.statSync(`${dir}/blobs/sha256`).mode! & 0o777, 0o755);
    }
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
