/** Targets that name missing files, on a real daemon, compared with buildx. */
import { equal, match } from "node:assert/strict";
import { alike, type Workspace, workspace } from "../build/workspace.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

test("a Dockerfile that isn't there: whose it is, and where it is looked for", async () => {
  await using space = await workspace(shared.address);
  space.write({
    "docker-bake.json": JSON.stringify({
      target: { a: { context: "sub", dockerfile: "Nope" }, b: {} },
    }),
    "sub/x": "",
    Dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
  });
  for (const names of [["a", "b"], ["a"]]) {
    const words = ["bake", "--progress", "plain", ...names];
    const [ours, theirs] = [await space.fairlead(words), await space.buildx(words)];
    equal(ours.code, 1);
    equal(ours.stderr.match(/^ERROR: .*$/m)?.[0], theirs.stderr.match(/^ERROR: .*$/m)?.[0]);
    match(ours.stderr, /^hint: the dockerfile of target a is sub\/Nope, /m);
  }
});

/** The records in a workspace's store, without the refs that name them. */
function recordsIn(space: Workspace): unknown[] {
  const folder = space.path(".store/refs/test/test0");
  return [...Deno.readDirSync(folder)].map(({ name }) => {
    const record = JSON.parse(Deno.readTextFileSync(`${folder}/${name}`));
    for (const key of ["LocalPath", "DockerfilePath"]) {
      record[key] = record[key].replace(space.path(""), "");
    }
    return { ...record, ...record.GroupRef && { GroupRef: "one" } };
  });
}

test("a build without its Dockerfile is recorded, as by buildx", async () => {
  for (
    const words of [
      ["build", "-f", "sub/Nope", "sub"],
      ["build", "sub"],
      ["bake", "-f", "b.json", "a"],
    ]
  ) {
    const records = await alike(async (program) => {
      await using space = await workspace(shared.address);
      space.write({ "sub/x": "", "b.json": '{"target":{"a":{"context":"sub"}}}' });
      equal((await space[program](words)).code, 1);
      return recordsIn(space);
    }, words.join(" "));
    equal(records.length, 1);
  }
});
