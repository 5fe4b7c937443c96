import assert from "node:assert/strict";
import { run } from "../tests/commands/fake_deps.ts";
import type { CommandEntry } from "./command.ts";
import { collector, fakeDeps } from "../tests/commands/fake_deps.ts";
import { defineCommand, defineGroup } from "./command.ts";
import { runProgram } from "./run.ts";

const leaf = defineCommand({
  args: { usage: "[NAME]", min: 0, max: 1 },
  flags: { all: { kind: "bool", short: "a", summary: "Show all" } },
  run({ deps, args, flags, global }) {
    deps.stdout.write(JSON.stringify([args, flags.all, global.builder, global.debug]));
    return Promise.resolve(args[0] === "seven" ? 7 : undefined);
  },
});

function list(loaded: string[]): CommandEntry[] {
  const entry = (name: string, more: Partial<CommandEntry> = {}): CommandEntry => ({
    name,
    summary: `The ${name}`,
    load: () => {
      loaded.push(name);
      return Promise.resolve({ command: leaf });
    },
    ...more,
  });
  return [
    entry("show", { aliases: ["s"] }),
    entry("secret", { hidden: true }),
    {
      ...entry("group"),
      load: () => Promise.resolve({ command: defineGroup([entry("inner")]) }),
    },
  ];
}

async function go(words: string[], env: Record<string, string> = {}) {
  const loaded: string[] = [];
  const [stdout, stderr] = [collector(), collector()];
  const code = await runProgram(fakeDeps(words, { env }, stdout, stderr), list(loaded));
  return { code, stdout: stdout.text(), stderr: stderr.text(), loaded };
}

const calls: [string[], unknown[]][] = [
  [["show"], [[], false, "", false]],
  [["s", "x", "-a"], [["x"], true, "", false]],
  [["--builder", "b", "show", "-D"], [[], false, "b", true]],
  [["--builder=b", "-D", "show", "--builder", "c"], [[], false, "c", true]],
  [["group", "inner", "x"], [["x"], false, "", false]],
  [["--builder", "b", "group", "-D", "inner"], [[], false, "b", true]],
  [["show", "--", "-a"], [["-a"], false, "", false]],
];
const values: [string[], boolean][] = [
  [["take", "--value", "--debug"], false],
  [["take", "--value=--debug"], false],
  [["take", "-v", "-D"], false],
  [["take", "-v-D"], false],
  [["take", "-av", "--debug"], false],
  [["take", "--", "--debug"], false],
  [["--builder", "--debug", "take"], false],
  [["--builder", "-D", "take"], false],
  [["take", "--debug=false"], false],
  [["take", "--debug", "--debug=0"], false],
  [["take", "--value", "x", "--debug"], true],
  [["-D", "take"], true],
  [["take", "-aD"], true],
  [["take", "--debug=1", "--value", "--debug=false"], true],
];
for (const [words, debug] of values) {
  Deno.test(`fairlead ${words.join(" ")}: debugging is ${debug ? "on" : "off"}`, async () => {
    const [stdout, stderr] = [collector(), collector()];
    const failing = defineCommand({
      args: { usage: "", min: 0, max: Infinity },
      flags: {
        all: { kind: "bool", short: "a", summary: "" },
        value: { kind: "string", short: "v", summary: "" },
      },
      run: () => Promise.reject(new Error("it failed")),
    });
    const load = () => Promise.resolve({ command: failing });
    const entry = { name: "take", summary: "", load };
    assert.equal(await runProgram(fakeDeps(words, {}, stdout, stderr), [entry]), 1);
    assert.equal(/\n {4}at /.test(stderr.text()), debug, stderr.text());
  });
}

for (const [words, expected] of calls) {
  Deno.test(`fairlead ${words.join(" ")}`, async () => {
    const { code, stdout, stderr } = await go(words);
    assert.deepEqual({ code, stdout: JSON.parse(stdout), stderr }, {
      code: 0,
      stdout: expected,
      stderr: "",
    });
  });
}

const errors: [string[], string][] = [
  [["shwo"], "hint: did you mean 'fairlead show'?\nERROR: unknown command: \"shwo\"\n"],
  [
    ["secrte"],
    "hint: run 'fairlead --help' for the list of commands\nERROR: unknown command: \"secrte\"\n",
  ],
  [
    ["group", "iner"],
    "hint: did you mean 'fairlead group inner'?\nERROR: unknown command: \"iner\"\n",
  ],
  [["--all", "show"], "ERROR: unknown flag: --all\n"],
  [["-x", "show"], "ERROR: unknown shorthand flag: 'x' in -x\n"],
  [
    ["--builder"],
    "hint: --builder needs a value: override the configured builder instance\n" +
    "ERROR: flag needs an argument: --builder\n",
  ],
  [["help", "shwo"], "hint: did you mean 'fairlead show'?\nERROR: unknown help topic: \"shwo\"\n"],
  [
    ["show", "a", "b"],
    "ERROR: fairlead: 'fairlead show' requires at most 1 argument\n\n" +
    "Usage:  fairlead show [NAME]\n\nRun 'fairlead show --help' for more information\n",
  ],
];
for (const [words, expected] of errors) {
  Deno.test(`fairlead ${words.join(" ")} is refused`, async () => {
    const { code, stdout, stderr } = await go(words);
    assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: "", stderr: expected });
  });
}

const rootHelp = `A standalone BuildKit client

Usage:
  fairlead [command]

Available Commands:
  group       The group
  help        Help about any command
  show        The show

Flags:
      --builder string             Override the configured builder instance
      --connect-timeout duration   How long a connection to a builder may take (0: no limit) (default 20s)
  -D, --debug                      Enable debug logging
  -h, --help                       help for fairlead

Use "fairlead [command] --help" for more information about a command.
`;
for (const words of [[], ["--help"], ["-h"], ["help"], ["-D"]]) {
  Deno.test(`fairlead ${words.join(" ")} prints the list of commands`, async () => {
    const { code, stdout, loaded } = await go(words);
    assert.deepEqual({ code, stdout, loaded }, { code: 0, stdout: rootHelp, loaded: [] });
  });
}

const showHelp = `The show

Usage:
  fairlead show [NAME]

Aliases:
  fairlead show, fairlead s

Flags:
  -a, --all    Show all
  -h, --help   help for show

Global Flags:
      --builder string             Override the configured builder instance (default "b")
      --connect-timeout duration   How long a connection to a builder may take (0: no limit) (default 20s)
  -D, --debug                      Enable debug logging
`;
for (const words of [["show", "--help"], ["show", "x", "y", "-h"], ["help", "show"], ["-h", "s"]]) {
  Deno.test(`fairlead ${words.join(" ")} prints the command's help`, async () => {
    const { code, stdout } = await go(words, { BUILDX_BUILDER: "b" });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: showHelp });
  });
}

Deno.test("only the chosen command is loaded, and its exit code holds", async () => {
  const { code, loaded } = await go(["show", "seven"]);
  assert.deepEqual({ code, loaded }, { code: 7, loaded: ["show"] });
});

Deno.test("fairlead group prints the group's commands", async () => {
  const { stdout } = await go(["group"]);
  assert.match(stdout, /^The group\n\nUsage:\n {2}fairlead group \[command\]\n/);
  assert.match(stdout, /\n {2}inner {7}The inner\n/);
});

Deno.test("every command of the list loads and can print its help", async () => {
  const { stdout } = await run(["--help"]);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map((match) => match[1]!);
  assert.ok(names.includes("create") && names.includes("build"));
  for (const name of names.filter((name) => name !== "help")) {
    const { code, stdout, stderr } = await run([name, "--help"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`\n  fairlead ${name}`));
  }
});

Deno.test("fairlead version prints one line", async () => {
  const { code, stdout } = await run(["version"]);
  assert.equal(code, 0);
  assert.match(stdout, /^fairlead v\d+\.\d+\.\d+ .*\n$/);
});
