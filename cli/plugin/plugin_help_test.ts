import { equal, match } from "node:assert/strict";
import { collector, fakeDeps } from "../../tests/commands/fake_deps.ts";
import { commands } from "../../commands/list.ts";
import { isGroup } from "../root.ts";
import { runProgram } from "../run.ts";
import { withChanges } from "../deps.ts";

async function help(...words: string[]): Promise<string> {
  const [stdout, stderr] = [collector(), collector()];
  const deps = withChanges(fakeDeps(words, {}, stdout, stderr), { plugin: "buildx" });
  equal(await runProgram(deps, commands), 0);
  return stdout.text();
}

Deno.test("a plugin's help of a command is docker's: usage first, flags of one table, wrapped", async () => {
  equal(
    await help("rm", "--help"),
    `Usage:  docker buildx rm [OPTIONS] [NAME...]

Remove one or more builder instances

Options:
      --all-inactive               Remove all inactive builders
      --builder string             Override the configured builder instance
      --connect-timeout duration   How long a connection to a builder may
                                   take (0: no limit) (default 20s)
  -D, --debug                      Enable debug logging
  -f, --force                      Do not prompt for confirmation
      --keep-daemon                Keep the BuildKit daemon running
      --keep-state                 Keep BuildKit state
      --timeout duration           Override the default timeout for
                                   loading builder status (default 20s)
`,
  );
});

Deno.test("a plugin's help of a group, and of a command with others below it", async () => {
  const text = await help("history", "--help");
  match(
    text,
    /^Usage: {2}docker buildx history \[OPTIONS\] COMMAND\n\nCommands to work on build records\n\nOptions:\n/,
  );
  match(
    text,
    /\n\nManagement Commands:\n {2}inspect {5}Inspect a build record\n\nCommands:\n {2}attach {6}\w/,
  );
  equal(
    text.split("\n").at(-2),
    "Run 'docker buildx history COMMAND --help' for more information on a command.",
  );
  equal(
    (await help("history", "inspect", "--help")).split("\n")[0],
    "Usage:  docker buildx history inspect [OPTIONS] COMMAND",
  );
  equal((await help("help")).split("\n")[0], "Usage:  docker buildx [OPTIONS] COMMAND");
});

Deno.test("the list says which commands have others below them", async () => {
  const all = [...commands];
  for (let entry = all.pop(); entry !== undefined; entry = all.pop()) {
    if (entry.hidden) continue;
    const { command } = await entry.load();
    equal(entry.isGroup ?? false, isGroup(command) || command.commands !== undefined, entry.name);
    all.push(...command.commands ?? []);
  }
});
