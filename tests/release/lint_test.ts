/**
 * Lints the files that run elsewhere than in these tests: the workflows, and shell scripts for
 * shells of any kind.
 */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { succeeds } from "../harness/ended.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Folders of third-party files, and of generated files. */
const SKIPPED = new Set([".git", "dist", "node_modules", "out"]);

/** Shell scripts below a folder, by their first line. */
function* shellScripts(dir: string): Generator<string> {
  for (const entry of Deno.readDirSync(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory && !SKIPPED.has(entry.name)) yield* shellScripts(path);
    if (entry.isFile && !entry.name.includes(".md") && isShell(path)) yield path;
  }
}

function isShell(path: string): boolean {
  using file = Deno.openSync(path);
  const start = new Uint8Array(40);
  const length = file.readSync(start) ?? 0;
  return /^#!.*\b(?:ba)?sh\n/.test(new TextDecoder().decode(start.subarray(0, length)));
}

Deno.test({
  name: "workflows: actionlint finds nothing, nor shellcheck in their commands",
  ignore: skip(await missing("actionlint", "shellcheck")),
}, async () => {
  const shellcheck = await need("shellcheck");
  await succeeds(run(
    await need("actionlint"),
    ["-no-color", "-shellcheck", shellcheck, "-pyflakes="],
    { cwd: root },
  ));
});

Deno.test({
  name: "shell scripts: shellcheck finds nothing",
  ignore: skip(await missing("shellcheck")),
}, async (t) => {
  const scripts = [...shellScripts(root)];
  assert.ok(scripts.includes(`${root}/install.sh`));
  assert.ok(scripts.includes(`${root}/scripts/compile/head.sh`));
  for (const script of scripts) {
    await t.step(script.slice(root.length + 1), async () => {
      // The head of the single file is a template: with its gaps filled it is shell, in which some
      // conditions are constant. It asks for a file's age by -nt, which dash and busybox have, and
      // keeps an output in a variable, since /dev/null may not be there.
      const trust = await Deno.readTextFile(`${root}/scripts/trust.sh`);
      const filled = (await Deno.readTextFile(script)).replace("@TRUST@", trust)
        .replace("@LIBRARIES@", "1 2").replaceAll(/@[A-Z_]+@/g, "1");
      const lenient = script.endsWith("/head.sh") ? ["--exclude=SC2034,SC2157,SC2194,SC3013"] : [];
      await succeeds(run(
        await need("shellcheck"),
        ["--norc", "--severity=warning", ...lenient, "-"],
        { stdin: filled },
      ));
    });
  }
});
