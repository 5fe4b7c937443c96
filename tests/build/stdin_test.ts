/** Builds from standard input, compared with buildx. */
import assert from "node:assert/strict";
import { check } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { type InWorkspace, inWorkspace, programs, type Workspace, workspace } from "./workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

/** The context's files in an archive made by tar. */
async function archive(space: Workspace, flag: string): Promise<Uint8Array> {
  await check("tar", [`-c${flag}f`, space.path("ctx.tar"), "-C", space.path("ctx"), "."]);
  return Deno.readFileSync(space.path("ctx.tar"));
}

for (
  const [kind, flag] of Object.entries({ plain: "", gzip: "z", bzip2: "j", xz: "J" })
) {
  Deno.test({ name: `stdin is a context: a tar, ${kind}`, ignore }, async () => {
    await using space = await workspace(shared.address);
    space.write({
      "ctx/Dockerfile": "FROM scratch\nCOPY a /wrong\n",
      "ctx/sub/Other": "FROM scratch\nCOPY a /\n",
      "ctx/a": `${kind} ${crypto.randomUUID()}`,
    });
    const tar = await archive(space, flag);
    for (const program of programs) {
      const args = ["build", "-f", "sub/Other", `-o=${program}`, "-"];
      const { stderr } = await succeeds(space[program](args, {}, tar));
      assert.equal(space.read(`${program}/a`), space.read("ctx/a"));
      assert.match(stderr, /\[internal\] load remote build context/);
    }
  });
}

test("a tar of 64 MiB on stdin arrives whole", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY big /\n" });
  const big = new Uint8Array(64 << 20);
  for (let at = 0; at < big.length; at += 65536) {
    crypto.getRandomValues(big.subarray(at, at + 65536));
  }
  Deno.writeFileSync(space.path("ctx/big"), big);
  await succeeds(space.fairlead(
    ["build", "-o=out", "-"],
    {},
    await archive(space, ""),
  ));
  assert.ok(Deno.readFileSync(space.path("out/big")).every((byte, at) => byte === big[at]));
});

test("stdin is the Dockerfile, for no context and for a folder", async (space) => {
  const id = crypto.randomUUID();
  space.write({ "ctx/a": id, "ctx/Dockerfile": "FROM nowhere\n" });
  const alone =
    `FROM busybox AS b\nRUN mkdir /o && echo ${id} >/o/f\nFROM scratch\nCOPY --from=b /o /\n`;
  for (const program of programs) {
    await succeeds(space[program](["build", `-o=${program}`, "-"], {}, alone));
    assert.equal(space.read(`${program}/f`), `${id}\n`);
    await succeeds(space[program](
      ["build", "-f-", `-o=${program}`, "ctx"],
      {},
      "FROM scratch\nCOPY a /\n",
    ));
    assert.equal(space.read(`${program}/a`), id);
  }
});

const refused: Record<string, { args: string[]; message: RegExp; stdin?: string }> = {
  "two Dockerfiles": {
    args: ["-f", "x", "-"],
    message: /ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles/,
  },
  "stdin for both": {
    args: ["-f", "-", "-"],
    message: /invalid argument: can't use stdin for both build context and dockerfile/,
  },
};

for (const [name, { args, message }] of Object.entries(refused)) {
  Deno.test({ name: `refused from stdin: ${name}`, ignore }, async () => {
    await using space = await workspace(shared.address);
    for (const program of programs) {
      const { stderr } = await fails(space[program](["build", ...args], {}, "FROM scratch\n"));
      assert.match(stderr, message);
    }
  });
}

test("an empty stdin is refused as a context", async (space) => {
  const { stderr } = await fails(space.fairlead(["build", "-"], {}, ""));
  assert.match(stderr, /cannot build from stdin: it is empty/);
});

test("nothing is left in the temporary folder", async (space) => {
  Deno.mkdirSync(space.path("tmp"));
  const env = { TMPDIR: space.path("tmp") };
  await succeeds(space.fairlead(["build", "-"], env, "FROM scratch\nLABEL a=b\n"));
  await fails(space.fairlead(["build", "-"], env, "FROM scratch\nCOPY nowhere /\n"));
  assert.deepEqual([...Deno.readDirSync(space.path("tmp"))], []);
});

test("a tar that begins with a PAX header, which buildx can't tell", async (space) => {
  const long = "d".repeat(120);
  const text = "x".repeat(1 << 20);
  space.write({
    [`ctx/${long}/Dockerfile`]: "FROM scratch\nCOPY */f /\n",
    [`ctx/${long}/f`]: text,
  });
  const tar = space.path("c.tar");
  await check("tar", ["--format=pax", "-cf", tar, "-C", space.path("ctx"), long]);
  const args = ["build", "-f", `${long}/Dockerfile`, "-o=out", "-"];
  await succeeds(space.fairlead(args, {}, Deno.readFileSync(tar)));
  assert.equal(space.read("out/f"), text);
});
