/** The fake daemon behaves as a real one where it claims to: both run the same cases. */
import assert from "node:assert/strict";
import { BytesMessage } from "../../proto/gen/control.ts";
import { type Script, startFakeBuildkitd } from "../fake_buildkitd.ts";
import { errorLines, runFairlead } from "../harness/inside.ts";
import { withShared } from "../harness/shared.ts";
import { exportTree, importTree, openExport } from "./files.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { clientOf } from "../harness/client.ts";

const { ignore, shared: daemon } = await withShared();

const copyAll = "FROM scratch\nCOPY file /\n";

interface Case {
  readonly name: string;
  readonly dockerfile: string;
  readonly output: "local" | "tar" | "none";
  /** The script of the fake, which does the same as the real daemon. */
  readonly script: Script;
  readonly code: number;
  readonly error?: RegExp;
}

const cases: Case[] = [
  {
    name: "a folder comes out",
    dockerfile: copyAll,
    output: "local",
    async script(build) {
      const session = await build.session();
      const files = await importTree(session, { directory: "context", followPaths: ["file"] });
      await exportTree(session, [{ path: "file", content: files.get("file") ?? "" }]);
    },
    code: 0,
  },
  {
    name: "a tar comes out",
    dockerfile: copyAll,
    output: "tar",
    async script(build) {
      const call = openExport(await build.session());
      call.send(BytesMessage.encode({ data: new Uint8Array(10_240) }).finish());
      call.endSend();
      await call.receive(() => {});
    },
    code: 0,
  },
  {
    name: "an error of the build",
    dockerfile: "FROM scratch\nCOPY missing /\n",
    output: "none",
    async script(build) {
      await importTree(await build.session(), { directory: "context", followPaths: ["missing"] });
      throw new Error('"/missing": not found');
    },
    code: 1,
    error: /^ERROR: failed to build: failed to solve: .*"\/missing": not found$/,
  },
];

async function runCase(test: Case, host: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "fl-case-" });
  await using _ = removedLater(folder);
  await Deno.mkdir(`${folder}/context`);
  await Deno.writeTextFile(`${folder}/context/Dockerfile`, test.dockerfile);
  await Deno.writeTextFile(`${folder}/context/file`, "content");
  const output = {
    none: [],
    local: ["-o", `${folder}/out`],
    tar: ["-o", `type=tar,dest=${folder}/o.tar`],
  };
  const args = ["build", ...output[test.output], `${folder}/context`];
  const ended = await runFairlead({ host, args, home: folder });
  assert.equal(ended.code, test.code, ended.stderr);
  if (test.error) assert.match(errorLines(ended)[0] ?? "", test.error);
  if (test.output === "local") {
    assert.equal(await Deno.readTextFile(`${folder}/out/file`), "content");
  }
  if (test.output === "tar") assert.ok((await Deno.stat(`${folder}/o.tar`)).size % 512 === 0);
}

/** Info and ListWorkers. */
async function askWhoItIs(endpoint: string): Promise<void> {
  const client = await clientOf(endpoint);
  const version = await client.info();
  assert.match(version?.version ?? "", /^v\d/);
  const [worker] = await client.listWorkers();
  assert.ok(worker!.platforms.some(({ OS }) => OS === "linux"));
  await client.close();
}

for (const test of cases) {
  Deno.test(`the fake: ${test.name}`, async () => {
    await using fake = startFakeBuildkitd(test.script);
    await runCase(test, fake.address);
  });
  Deno.test({ name: `a real one: ${test.name}`, ignore }, () => runCase(test, daemon.tcp));
}

Deno.test("the fake daemon reports its version", async () => {
  await using fake = startFakeBuildkitd(() => Promise.resolve());
  await askWhoItIs(fake.address);
});
Deno.test({ name: "a real daemon reports its version", ignore }, () => askWhoItIs(daemon.tcp));
