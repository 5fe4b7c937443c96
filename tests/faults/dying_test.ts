/**
 * A daemon that dies or fails at an exact moment, which needs a mock. `kill_test.ts` and
 * `cut_test.ts` use real daemons.
 */
import assert from "node:assert/strict";
import { PacketType, reqPacket } from "../../buildkit/fsync/packet.ts";
import { readPacket } from "../../buildkit/fsync/packet_reader.ts";
import { Code, RpcError } from "../../buildkit/grpc/status.ts";
import { BytesMessage } from "../../proto/gen/control.ts";
import type { FakeBuild } from "../fake_buildkitd.ts";
import { dataPacket, openExport, openImport, statPacket } from "../fake_buildkitd/files.ts";
import { buildAgainst, checkFailed, toFolder, toTar } from "./against_fake.ts";
import { entriesOf } from "./leftovers.ts";
import { randomBytes } from "../harness/random.ts";

const LOST = /the connection to tcp:\S+ was lost during build [0-9a-z]{25}: /;
const never = () => new Promise<never>(() => {});
const bigFile = (folder: string) => Deno.writeFile(`${folder}/context/big`, randomBytes(8 << 20));

/** Reads the context's big file, and acts when some of it has come. */
async function whileUploading(build: FakeBuild, act: () => void): Promise<void> {
  const call = openImport(await build.session(), { directory: "context", includes: ["big"] });
  let [id, received] = [0, 0];
  await call.receive((message) => {
    const { type, stat, data } = readPacket(message);
    if (type === PacketType.stat && !stat) call.send(reqPacket(id - 1));
    else if (type === PacketType.stat) id++;
    received += data.length;
    if (received > 1 << 20) act();
  });
}

Deno.test("a daemon that dies in mid-upload is reported as lost", async () => {
  const ended = await buildAgainst((build) => whileUploading(build, build.die), {
    prepare: bigFile,
  });
  checkFailed(ended, LOST);
});

Deno.test("a daemon that dies in mid-download leaves neither half a file nor half a tar", async () => {
  for (const args of [toFolder, toTar]) {
    const ended = await buildAgainst(async (build) => {
      const call = openExport(await build.session());
      if (args === toFolder) {
        call.send(statPacket({ path: "half", content: randomBytes(1 << 20) }));
        call.send(dataPacket(0, randomBytes(1 << 19)));
      } else call.send(BytesMessage.encode({ data: randomBytes(1 << 19) }).finish());
      await call.drained(1);
      // Some of it is on the client's disk by now.
      await new Promise((resolve) => setTimeout(resolve, 50));
      build.die();
      await never();
    }, {
      args,
      after(folder) {
        assert.deepEqual(entriesOf(`${folder}/out`), []);
        assert.ok(!entriesOf(folder).includes("o.tar"));
      },
    });
    checkFailed(ended, LOST);
  }
});

Deno.test("a daemon that dies in mid-step is reported as lost, after the step's output", async () => {
  const ended = await buildAgainst(async (build) => {
    const now = { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 };
    const digest = `sha256:${"0".repeat(64)}`;
    build.status({ vertexes: [{ digest, name: "RUN something long", started: now }] });
    build.status({
      logs: [{ vertex: digest, msg: new TextEncoder().encode("halfway\n"), timestamp: now }],
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    build.die();
    await never();
  });
  assert.match(ended.stderr, /RUN something long[^]*halfway/);
  checkFailed(ended, LOST);
});

Deno.test("an error of the daemon while files go up is shown, and ends the upload", async () => {
  const ended = await buildAgainst(async (build) => {
    await new Promise<void>((resolve) => {
      whileUploading(build, resolve).catch(() => {});
    });
    throw new RpcError(Code.UNKNOWN, "no space left on the builder");
  }, { prepare: bigFile });
  checkFailed(
    ended,
    /failed to build: failed to solve: no space left on the builder/,
  );
});

Deno.test("an error keeps its own exit code", async () => {
  for (const [code, exit] of [[Code.INTERNAL, 100], [Code.RESOURCE_EXHAUSTED, 102]] as const) {
    const ended = await buildAgainst(() => Promise.reject(new RpcError(code, "so it is")));
    checkFailed(ended, /so it is/, exit);
  }
});

Deno.test("Ctrl-C ends a build that the daemon never answers", async () => {
  const stop = new AbortController();
  const ended = await buildAgainst(async (build) => {
    await build.session();
    stop.abort(new DOMException("as Ctrl-C does", "AbortError"));
    await never();
  }, { signal: stop.signal });
  assert.equal(ended.code, 130, ended.stderr);
});
