/** A build on a terminal, against a real daemon: the frames, the end, Ctrl-C. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { fairleadOnTerminal } from "../harness/pty.ts";
import { type InWorkspace, inWorkspace } from "./workspace.ts";
import { fails } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("script"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

test("a good build ends with a block; the next one has a share", async (space) => {
  space.write({ "Dockerfile": "FROM busybox\nCOPY f /\nRUN sleep 1\n", "f": "x" });
  const build = ["build", "--no-cache", "-t", "me/app:1", "-o", "type=image", "."];
  const first = await fairleadOnTerminal(space, build, { columns: 100 });
  assert.equal(first.code, 0, first.text);
  const end = first.text.slice(first.text.lastIndexOf("FINISHED"));
  assert.match(end, /=> \d internal steps done/);
  assert.match(end, /^image {4}me\/app:1$/m);
  assert.match(end, /^digest {3}sha256:[0-9a-f]{64}$/m);
  assert.match(end, /^size {5}[\d.]+MB$/m);
  assert.match(end, /^output {3}stays with the builder$/m);
  assert.match(end, /^steps {4}\d of \d cached, slowest: 1\.\ds .*RUN sleep 1$/m);
  const [, words = ""] = /^timeline fairlead (.*)$/m.exec(end) ?? [];
  assert.equal((await space.fairlead([...words.split(" "), "-o", "page.html"])).code, 0, words);
  const second = await fairleadOnTerminal(space, build, { columns: 100 });
  assert.match(second.text, /\(\d\/\d\) \d+% of the last \d+\.\ds /);
});

test("a failed step is the last thing on the screen", async (space) => {
  const command = "echo one; echo two; exit 3";
  space.write({ "Dockerfile": `FROM busybox\nRUN ${command}\n` });
  const { text } = await fails(fairleadOnTerminal(space, ["build", "."], { columns: 100 }));
  const end = text.slice(text.lastIndexOf("[+] Building"));
  assert.match(
    end,
    / => ERROR \[2\/2\] RUN echo one.*\n------\n[\d.]+ one\n[\d.]+ two\n------\n/,
  );
  assert.equal(end.split(command).length - 1, 2, end);
  assert.match(
    end,
    />>> RUN echo one[^]*ERROR: failed to build: failed to solve: the step did not complete successfully: exit code: 3\n(hint: .*\n)?$/,
  );
  assert.doesNotMatch(end, /No output specified/);
});

test("Ctrl-C is answered at once, though the daemon takes its time", async (space) => {
  space.write({ "Dockerfile": "FROM busybox\nRUN sleep 30\n" });
  const { code, text } = await fairleadOnTerminal(space, ["build", "."], {
    columns: 100,
    interruptAt: /RUN sleep 30 +1\.\ds/,
  });
  assert.equal(code, 130, text);
  assert.match(text, /cancelling; press Ctrl-C again to leave/);
  assert.match(text, /CANCELED/);
});
