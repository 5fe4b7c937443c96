import { equal } from "node:assert/strict";
import { collector, fakeDeps } from "../tests/commands/fake_deps.ts";
import { commands } from "../commands/list.ts";
import { textWidth } from "../base/width.ts";
import { runProgram } from "./run.ts";

const EXAMPLES = "# A comment.\nfairlead it\n";

async function help(words: string[], columns: number | undefined): Promise<string> {
  const stdout = collector();
  const size = () => columns === undefined ? undefined : { columns, rows: 24 };
  const out = { ...stdout, isTerminal: columns !== undefined, size };
  const deps = fakeDeps(words, {}, out, collector());
  equal(await runProgram(deps, commands, () => Promise.resolve(EXAMPLES)), 0);
  return stdout.text();
}

Deno.test("help on a terminal breaks lines at words, for every width", async () => {
  for (
    const words of [[], ["build", "--help"], ["history", "-h"], ["create", "-h"], ["help", "rm"]]
  ) {
    const whole = (await help(words, 400)).split(/\s+/).join(" ");
    for (const columns of [40, 80, 120]) {
      const text = await help(words, columns);
      equal(text.split(/\s+/).join(" "), whole, "no word is cut");
      for (const line of text.split("\n")) {
        const isOneWord = !/\S \S/.test(line.trim().replace(/^-\w, /, ""));
        const isFlag = /^ +-/.test(line) || /^ {2}fairlead/.test(line);
        equal(textWidth(line) < columns || isOneWord || isFlag, true, `${columns}: ${line}`);
      }
    }
  }
});

Deno.test("paragraphs of help flow, items and aligned lines stay", async () => {
  equal(
    (await help(["doctor", "--help"], 60)).split("\n\n")[1]?.split("\n")[0]?.length! > 45,
    true,
  );
  const listed = await help(["transports", "--help"], 60);
  equal(listed.includes("\n  1. an explicit path: --transport-plugin"), true, listed);
  equal(/\n {5}\S.*\n {2}2\. the folders of FAIRLEAD_PLUGIN_PATH\n/.test(listed), true, listed);
  const shells = await help(["completion", "--help"], 100);
  equal(/\nbash: .*\nzsh: .*\nfish: /.test(shells), true, shells);
});

Deno.test("help on a terminal begins with examples, and groups the commands", async () => {
  const text = await help([], 80);
  const headings = [...text.matchAll(/^([A-Z][\w ]*):$/gm)].map(([, title]) => title);
  equal(
    headings.join(),
    "Examples,Usage,Builds,Builders,Daemons,Images,This program,Flags",
  );
  equal(text.includes("  # A comment.\n  fairlead it\n"), true);
  equal(text.includes("--version"), true);
  equal((await help([], undefined)).includes("Examples"), false, "elsewhere it is buildx's");
});

Deno.test("--version prints what version does", async () => {
  const version = await help(["version"], undefined);
  equal(/^fairlead v\d/.test(version), true, version);
  equal(await help(["--version"], undefined), version);
});
