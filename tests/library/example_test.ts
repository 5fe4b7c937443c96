/** fairlead as a library: the example, and that the documentation has no gaps. */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const example = `${root}/examples/library/build_folder.ts`;
const reason = needsRoot() ?? await missing("buildkitd", "buildctl", "runc", "docker-registry");
const ignore = skip(reason);
const shared = ignore ? undefined : await sharedBuildkitd();

async function context(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "fl-library-" });
  await Deno.writeTextFile(`${path}/Dockerfile`, "FROM scratch\nCOPY note /said\n");
  await Deno.writeTextFile(`${path}/note`, "from the library\n");
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test({ name: "the library's example builds a folder, in 20 lines", ignore }, async () => {
  await using folder = await context();
  const to = `${folder.path}/out`;
  const { code, stdout, stderr } = await run(Deno.execPath(), [
    ...["run", "-A", "--quiet", "--config", `${root}/deno.json`, example],
    ...[shared!.address, folder.path, to],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\[internal\] load build context/);
  assert.equal(await Deno.readTextFile(`${to}/said`), "from the library\n");
  const lines = (await Deno.readTextFile(example)).split("\n").filter((line) =>
    line !== "" && !line.startsWith("//")
  );
  assert.ok(lines.length <= 20, `${lines.length} lines`);
});

Deno.test("the library's documentation has no gaps", async () => {
  const { code, stderr } = await run(Deno.execPath(), [
    ...["doc", "--lint", `${root}/buildkit/mod.ts`],
  ]);
  assert.equal(code, 0, stderr);
});

Deno.test("the library can be published: its public types are all written down", async () => {
  const { code, stderr } = await run(Deno.execPath(), [
    ...["publish", "--dry-run", "--no-check", "--allow-dirty", "--config", `${root}/deno.json`],
  ], { cwd: root });
  assert.equal(code, 0, stderr);
});
