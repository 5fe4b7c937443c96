import assert from "node:assert/strict";
import { run } from "../tests/commands/fake_deps.ts";

Deno.test("a command below another is found behind flags, and has its own help", async () => {
  const inner = await run(["history", "inspect", "attachment"]);
  assert.match(inner.stderr, /at least one of --type, --platform or DIGEST must be specified/);
  const flagged = await run(["history", "--builder", "x", "inspect", "--builder=y", "attachment"]);
  assert.equal(flagged.stderr, inner.stderr);
  const help = await run(["history", "inspect", "attachment", "--help"]);
  assert.match(help.stdout, /Usage:\n {2}fairlead history inspect attachment \[OPTIONS\]/);
  assert.equal((await run(["help", "history", "inspect", "attachment"])).stdout, help.stdout);
  const outer = await run(["history", "inspect", "--help"]);
  assert.match(outer.stdout, /Available Commands:\n {2}attachment {2}Inspect a build record/);
  assert.match(outer.stdout, /--format/);
});
