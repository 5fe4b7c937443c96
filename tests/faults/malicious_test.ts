/**
 * A daemon that requests things that were never offered, or sends nonsense. It is a mock, because
 * no real daemon does so.
 */
import assert from "node:assert/strict";
import { PacketType, reqPacket } from "../../buildkit/fsync/packet.ts";
import { readPacket } from "../../buildkit/fsync/packet_reader.ts";
import { Code, RpcError } from "../../buildkit/grpc/status.ts";
import { GetSecretRequest, GetSecretResponse } from "../../proto/gen/secrets.ts";
import type { FakeSession } from "../fake_buildkitd/session.ts";
import { importTree, openImport } from "../fake_buildkitd/files.ts";
import { buildAgainst, checkFailed, refusal } from "./against_fake.ts";

const GET_SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
const GARBAGE = new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0x7f, 1]);

async function getSecret(session: FakeSession, ID: string): Promise<string> {
  const call = session.call(GET_SECRET);
  call.send(GetSecretRequest.encode({ ID, annotations: {} }).finish());
  call.endSend();
  let text = "";
  await call.receive((bytes) => {
    text = new TextDecoder().decode(GetSecretResponse.decode(bytes.slice()).data);
  });
  return text;
}

Deno.test("the fake daemon gets what the client offers", async () => {
  const ended = await buildAgainst(async (build) => {
    const session = await build.session();
    const dockerfile = await importTree(session, {
      directory: "dockerfile",
      followPaths: ["Dockerfile"],
    });
    assert.deepEqual([...dockerfile], [["Dockerfile", "FROM scratch\nCOPY . /\n"]]);
    const context = await importTree(session, { directory: "context" });
    assert.deepEqual([...context.keys()], ["Dockerfile", "file"]);
    assert.equal(await getSecret(session, "known"), "told");
    return { "containerimage.digest": "sha256:0" };
  }, {
    args: (folder) => ["--secret", `id=known,src=${folder}/told`],
    prepare: (folder) => Deno.writeTextFile(`${folder}/told`, "told"),
  });
  assert.equal(ended.code, 0, ended.stderr);
});

Deno.test("a folder that was never offered is not sent", async () => {
  for (const directory of ["/etc", "..", "../outside", "Context", "context/", ""]) {
    const ended = await buildAgainst(async (build) => {
      const error = await refusal(importTree(await build.session(), { directory }));
      assert.ok(error instanceof RpcError && error.code === Code.NOT_FOUND, String(error));
      throw error;
    });
    checkFailed(ended, /no access allowed to dir/);
  }
});

Deno.test("paths that lead out of an offered folder lead nowhere", async () => {
  const outside = ["../outside/victim", "/etc/passwd", "up/victim", "absolute/passwd", "../../.."];
  const more = ["..", "../*", "*/victim", "file/../../outside/victim", "../../../etc/passwd"];
  const ended = await buildAgainst(async (build) => {
    const session = await build.session();
    for (const asked of [{ followPaths: outside }, { includes: outside }]) {
      const found = await importTree(session, { directory: "context", ...asked });
      // The links themselves are the context's own and may be sent.
      for (const [path, text] of found) {
        assert.ok(["up", "absolute"].includes(path), `${path} was sent`);
        assert.match(text, /^-> /);
      }
    }
    // These may match what is in the context.
    for (const path of more) {
      for (const asked of [{ followPaths: [path] }, { includes: [path] }]) {
        const found = await importTree(session, { directory: "context", ...asked });
        const bad = [...found.keys()].filter((path) => /\.\.|^\/|passwd|\/victim/.test(path));
        assert.deepEqual(bad, [], path);
      }
    }
  }, {
    async prepare(folder) {
      await Deno.symlink("../outside", `${folder}/context/up`);
      await Deno.symlink("/etc", `${folder}/context/absolute`);
    },
  });
  assert.equal(ended.code, 0, ended.stderr);
});

Deno.test("a secret that was never offered is not sent", async () => {
  const wrong = ["other", "", "known\0", "../told", "__proto__", "HOME", "/etc/passwd"];
  for (const id of [...wrong, "Known", "known/../known", "x".repeat(1 << 20)]) {
    const ended = await buildAgainst(async (build) => {
      const error = await refusal(getSecret(await build.session(), id));
      assert.ok(error instanceof RpcError && error.code === Code.NOT_FOUND, String(error));
      throw error;
    }, {
      args: (folder) => ["--secret", `id=known,src=${folder}/told`],
      prepare: (folder) => Deno.writeTextFile(`${folder}/told`, "told"),
    });
    checkFailed(ended, id.length > 1000 ? /secret "x{1000}/ : /was not given to this build/);
  }
});

Deno.test("a file that was not listed, is no file, or was sent before is not sent", async () => {
  const ids = { "not listed": [99_999], "a folder": [1], "twice": [0, 0] };
  for (const asked of Object.values(ids)) {
    const ended = await buildAgainst(async (build) => {
      const call = openImport(await build.session(), { directory: "context" });
      throw await refusal(call.receive((message) => {
        const { type, stat } = readPacket(message);
        if (type === PacketType.stat && !stat) { for (const id of asked) call.send(reqPacket(id)); }
      }));
    }, { prepare: (folder) => Deno.mkdir(`${folder}/context/an-empty-folder`) });
    checkFailed(ended, /the builder asked for (file|entry) \d+, which was not offered to it/);
  }
});

Deno.test("a method that is not served is refused", async () => {
  const ended = await buildAgainst(async (build) => {
    const session = await build.session();
    const send = "/moby.filesync.v1.FileSend/DiffCopy";
    for (const path of ["/", "/a", send, `/${"x".repeat(10_000)}`]) {
      const call = session.call(path);
      call.endSend();
      const error = await refusal(call.receive(() => {}));
      assert.ok(error instanceof RpcError && error.code === Code.UNIMPLEMENTED, String(error));
      if (path === send) assert.match(error.message, /DiffCopy is not served/);
    }
  });
  assert.equal(ended.code, 0, ended.stderr);
});

Deno.test("an answer to Solve that is no message is reported", async () => {
  const ended = await buildAgainst((build) => {
    build.answerBytes(GARBAGE);
    return Promise.resolve();
  });
  checkFailed(ended, /cannot read a message of Solve/, 100);
});

Deno.test("progress that is no message costs the progress, not the build", async () => {
  const ended = await buildAgainst((build) => {
    build.statusBytes(GARBAGE);
    return Promise.resolve({});
  });
  assert.equal(ended.code, 0, ended.stderr);
});

Deno.test("an answer beyond the limit is reported", async () => {
  const ended = await buildAgainst((build) => {
    build.answerBytes(new Uint8Array((16 << 20) + 1));
    return Promise.resolve();
  });
  checkFailed(ended, /16777217 bytes exceed the limit of 16777216/, 102);
});

Deno.test("progress beyond the limit costs the progress, not the build", async () => {
  const ended = await buildAgainst((build) => {
    build.statusBytes(new Uint8Array((16 << 20) + 1));
    return Promise.resolve({});
  });
  assert.equal(ended.code, 0, ended.stderr);
});

Deno.test("a request that is no message or is too long fails alone", async () => {
  const ended = await buildAgainst(async (build) => {
    const session = await build.session();
    for (
      const [bytes, code] of [
        [GARBAGE, Code.INTERNAL],
        [new Uint8Array((16 << 20) + 1), Code.RESOURCE_EXHAUSTED],
      ] as const
    ) {
      const call = session.call(GET_SECRET);
      call.send(bytes);
      call.endSend();
      const error = await refusal(call.receive(() => {}));
      assert.ok(error instanceof RpcError && error.code === code, String(error));
    }
    const files = await importTree(session, { directory: "context" });
    assert.equal(files.get("file"), "content", "the session goes on");
  });
  assert.equal(ended.code, 0, ended.stderr);
});

/** Actions that break the whole session, and then the build. */
const broken: [name: string, act: (session: FakeSession) => void, message: RegExp][] = [
  ["messages that are none", (session) => session.sendMessage(GARBAGE), /broke the session/],
  [
    "bytes that are no HTTP/2",
    (session) => session.sendRaw(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")),
    /broke the session/,
  ],
  [
    "a frame beyond the limit",
    (session) => session.sendRaw(new Uint8Array([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])),
    /broke the session/,
  ],
  ["its end before the build's", (session) => session.end(), /ended the session before the build/],
];

for (const [name, act, message] of broken) {
  Deno.test(`a session of ${name} ends the build`, async () => {
    const ended = await buildAgainst(async (build) => {
      const session = await build.session();
      await importTree(session, { directory: "context" });
      act(session);
      await new Promise<never>(() => {});
    });
    checkFailed(ended, message);
  });
}

Deno.test("an error of many lines is shown as it is, and once", async () => {
  const ended = await buildAgainst(() =>
    Promise.reject(new Error("one\ntwo\nERROR\n\x1b[2Jthree"))
  );
  checkFailed(ended, /failed to solve: one$/);
});
