/** The pages that are made from the table of commands, as they come out and as `man` shows them. */
import { equal, match, ok } from "node:assert/strict";
import { commands } from "../../commands/list.ts";
import { allPages, commandTree } from "../../scripts/docs/command_tree.ts";
import { examples } from "../../commands/examples.ts";
import { manName } from "../../scripts/docs/man.ts";
import { markdownName } from "../../scripts/docs/markdown.ts";
import { run } from "./run.ts";
import { skip } from "./skip.ts";
import { onPath } from "./tool.ts";
import { fails, succeeds } from "./ended.ts";

const script = new URL("../../scripts/docs.ts", import.meta.url).pathname;
const man = await onPath("man");

async function made(...args: string[]) {
  const folder = await Deno.makeTempDir({ prefix: "fl-docs-" });
  const { code, stderr } = await run(Deno.execPath(), [
    "run",
    "-A",
    script,
    "--out",
    folder,
    ...args,
  ]);
  return {
    folder,
    code,
    stderr,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("each command has its pages, and --check sees what is not current", async () => {
  await using pages = await made();
  equal(pages.code, 0, pages.stderr);
  const all = allPages(await commandTree(commands));
  ok(all.length > 30);
  for (const page of all) {
    const text = Deno.readTextFileSync(`${pages.folder}/commands/${markdownName(page)}`);
    match(text, new RegExp(`^# ${page.path}\n`));
    for (const { flag } of page.flags) {
      ok(text.includes(`\`${flag.replaceAll("|", "\\|")}\``), `${page.path} ${flag}`);
    }
    Deno.statSync(`${pages.folder}/man/${manName(page)}`);
    match(text, /\n## Examples\n\n```sh\n/, "tests/manual runs the examples");
  }
  for (const path of Object.keys(examples)) ok(all.some((page) => page.path === path), path);
  const check = () => run(Deno.execPath(), ["run", "-A", script, "--out", pages.folder, "--check"]);
  equal((await check()).code, 0);
  Deno.writeTextFileSync(`${pages.folder}/commands/use.md`, "old");
  Deno.writeTextFileSync(`${pages.folder}/man/fairlead-gone.1`, "old");
  const { stderr } = await fails(check());
  equal(
    stderr,
    "docs/commands/use.md is not current: run deno task docs\n" +
      "docs/man/fairlead-gone.1 is not current: run deno task docs\n",
  );
});

Deno.test({
  name: "man shows every page, without a warning",
  ignore: skip(man === undefined ? "man is not installed (Debian's package man-db)" : undefined),
}, async () => {
  await using pages = await made();
  const files = [...Deno.readDirSync(`${pages.folder}/man`)].map(({ name }) => name);
  const { stdout, stderr } = await succeeds(run(
    man!,
    ["--warnings=w", "-E", "UTF-8", "-l", ...files.map((name) => `${pages.folder}/man/${name}`)],
    { env: { MANWIDTH: "80", LC_ALL: "C.UTF-8", MANPAGER: "cat", TERM: "dumb" } },
  ));
  equal(stderr, "");
  match(stdout, /fairlead-history-logs - /);
});
