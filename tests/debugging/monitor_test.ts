/** `debug build` in a terminal, on a real daemon. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { workspace } from "../build/workspace.ts";
import { fairleadCommand } from "../harness/fairlead.ts";
import { openTerminal } from "./terminal.ts";
import { fails } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("tmux"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

test("the monitor runs programs in a failed step, goes back, and builds again", async () => {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile": "FROM busybox\nWORKDIR /w\nRUN echo made > made && cat nothing\n",
    debug: `#!/bin/sh\nexec ${fairleadCommand().join(" ")} debug "$@"\n`,
  });
  await using terminal = await openTerminal(it.dir, it.env);
  const type = (line: string) => terminal.keys(line, "Enter");
  await type("./debug build ctx");
  await terminal.until(/Launching interactive container[^]*\/w #/);
  await type("cat made; stty size");
  await terminal.until(/^made$[^]*^40 100$/m);
  await terminal.resize(90, 30);
  await type("clear; stty size");
  await terminal.until(/^30 90$/m);
  await terminal.keys("C-a", "c");
  await terminal.until(/\(buildx\)/);
  await type("nonsense");
  await terminal.until(/monitor: unknown command: "nonsense"/);
  await type("exec");
  await terminal.until(/exec: command must be passed/);
  await type("attach 1");
  await terminal.until(/attach: pid 1: not found/);
  await type("exec sh -c 'echo in the same con''tainer; cat /w/made; sleep 100'");
  const told = await terminal.until(/Process "\w+" started/);
  await type("ps");
  await terminal.until(/true +\[sh -c/);
  await terminal.keys("C-a", "c");
  await terminal.until(/in the same container\s+made/);
  await terminal.keys("C-a", "c");
  await type("exec nosuch");
  await terminal.until(/Process "\w+" started[^]*Process "\w+" started/);
  await type("rollback --init sh");
  await terminal.until(/container was restarted/);
  await type("ps");
  // The programs of the old container are gone.
  await terminal.until(/COMMAND\n\w+ +true +\[sh\]\n\(buildx\)/);
  assert.match(told, /Ctrl-a-c/);
  await terminal.keys("C-a", "c");
  await type("clear; echo th''is; ls -a /w");
  await terminal.until(/this\n\.\s+\.\.\n/);
  // As in docker, these keys leave a program.
  await terminal.keys("C-p", "C-q");
  await terminal.until(/\(buildx\)$/);
  it.write({ "ctx/Dockerfile": "FROM busybox\nWORKDIR /w\nRUN echo made > made && cat other\n" });
  // The screen has room for everything from here on.
  await terminal.resize(100, 200);
  await type("reload");
  // Between these two lines, nothing of the old build is shown.
  await terminal.until(
    /\(buildx\) reload\s+Building again\n[^]*cat: can't open 'other'[^]*Launching interactive/,
  );
  await terminal.keys("C-a", "c");
  await type("exit");
  await terminal.until(/cat other$[^]*ERROR: failed to build/m);
  await type("clear; stty -a | grep -c ' echo '");
  await terminal.until(/^1$/m);
});

test("debug without a terminal, or with wrong flags, says what it needs", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/Dockerfile": "FROM scratch\n" });
  const refused: [string[], RegExp][] = [
    [["debug", "build", "ctx"], /the monitor of debug needs a terminal/],
    [["debug", "--on", "never", "build", "ctx"], /invalid value "never" of --on/],
    [["debug", "--invoke", "a=b", "build", "ctx"], /unknown key "a"/],
    [["debug", "build", "-"], /stdin is not supported with debugger/],
    [["debug"], /debug needs a command: debug build/],
  ];
  for (const [args, message] of refused) {
    const { stderr } = await fails(it.fairlead(args));
    assert.match(stderr, message);
  }
});
