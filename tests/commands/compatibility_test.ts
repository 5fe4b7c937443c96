/**
 * The tables of docs/buildx-compatibility.md and docs/environment.md, compared with the real
 * buildx.
 */
import assert from "node:assert/strict";
import { compatibilityBreaches, readRows } from "../../scripts/compatibility.ts";
import { environmentBreaches, readVariables } from "../../scripts/environment.ts";
import { check } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { removedLater } from "../harness/remove_folder.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const ignore = skip(await missing("buildx"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

/** The flags in a help, with their letters; without --help itself. */
function flagsOf(help: string): Map<string, string | undefined> {
  const lines = section(help, "Flags").concat(section(help, "Global Flags"));
  const flags = lines.flatMap((line): [string, string | undefined][] => {
    const [, short, long] = /^ +(?:-(\w), )?--([\w-]+)/.exec(line) ?? [];
    return long === undefined || long === "help" ? [] : [[long, short]];
  });
  return new Map(flags);
}

/** The lines below a heading, down to the next empty one. */
function section(help: string, heading: string): string[] {
  const lines = help.split("\n");
  const start = lines.indexOf(`${heading}:`);
  if (start < 0) return [];
  const end = lines.indexOf("", start);
  return lines.slice(start + 1, end < 0 ? undefined : end);
}

/** The flags of every command that buildx lists, by its path; those of all commands at "". */
async function buildxFlags(): Promise<Map<string, Map<string, string | undefined>>> {
  const buildx = await need("buildx");
  const found = new Map<string, Map<string, string | undefined>>();
  async function visit(words: readonly string[]): Promise<void> {
    const env = { HOME: "/nowhere" };
    const { stdout } = await check(buildx, [...words, "--help"], { env });
    const below = section(stdout, "Available Commands")
      .flatMap((line) => /^ +([\w-]+) /.exec(line)?.[1] ?? [])
      .filter((name) => name !== "help");
    const flags = flagsOf(stdout);
    if (words.length > 0) { for (const name of ["builder", "debug"]) flags.delete(name); }
    if (words.length === 0 || below.length === 0 || flags.size > 0) {
      found.set(words.join(" "), flags);
    }
    for (const name of below) await visit([...words, name]);
  }
  await visit([]);
  return found;
}

const rows = readRows(await Deno.readTextFile(`${root}/docs/buildx-compatibility.md`));

test("every command and flag of buildx's help is in the tables", async () => {
  const buildx = await buildxFlags();
  assert.ok(buildx.size > 20, "the help is understood");
  assert.ok(buildx.get("build")!.size > 30);
  const problems: string[] = [];
  for (const [command, flags] of buildx) {
    const entry = rows.find((row) => row.command === command && row.flag === undefined);
    if (command !== "" && (!entry || entry.state === "added")) problems.push(command);
    const known = rows.filter((row) => row.command === command && row.flag !== undefined);
    // The flags of a missing command needn't be listed.
    if (entry?.state === "missing" && known.length === 0) continue;
    for (const [flag, short] of flags) {
      const row = known.find((row) => row.flag === flag);
      if (!row || row.state === "added" || row.short !== short) {
        problems.push(
          `${command} --${flag}`,
        );
      }
    }
    for (const { flag, state, hidden } of known) {
      if (flags.has(flag!) || state === "added" || hidden) continue;
      problems.push(`${command} --${flag}: buildx has no such`);
    }
  }
  assert.deepEqual(problems, []);
});

Deno.test("the check of the tables finds their mistakes", async () => {
  assert.deepEqual(await compatibilityBreaches(root), []);
  const dir = await Deno.makeTempDir({ prefix: "fairlead-tables-" });
  await using _ = removedLater(dir);
  await Deno.mkdir(`${dir}/docs`);
  const text = await Deno.readTextFile(`${root}/docs/buildx-compatibility.md`);
  const broken: [from: RegExp, to: string, breach: RegExp][] = [
    [/^\| `--target` .*\n/m, "", /add below '## build': \| `--target`/],
    [/^\| `--target` .*$/m, "$&\n| `--tarjet` | same |  |", /build has no --tarjet/],
    [
      /^\| `--target` .*$/m,
      "| `--target` | missing | why |",
      /build has --target: missing is wrong/,
    ],
    [/^\| `--target` .*$/m, "$&\n$&", /--target of build has 2 rows/],
    [/^\| `--target` .*$/m, "| `--target` | refused |  |", /refused: say how, or why/],
    [/^\| `--target` .*$/m, "| `--target` | perfect | yes |", /perfect is not one of/],
    [/^\| `-t`, `--tag` .*$/m, "| `--tag` | same |  |", /--tag of build has another letter/],
    [/^\| `prune` .*\n/m, "", /add prune to the table of commands/],
    [/^\| `prune` .*$/m, "$&\n| `vanish` | same |  |", /vanish is not here/],
  ];
  for (const [from, to, breach] of broken) {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text, String(from));
    await Deno.writeTextFile(`${dir}/docs/buildx-compatibility.md`, changed);
    assert.match((await compatibilityBreaches(dir)).join("\n"), breach);
  }
});

/** Names of build arguments and of bake's variables that buildx's program has, too. */
const noVariables = [
  ...["BUILDKIT_SYNTAX", "BUILDKIT_MULTI_PLATFORM", "BUILDKIT_INLINE_CACHE"],
  ...["BUILDKIT_INLINE_BUILDINFO_ATTRS", "BUILDKIT_DOCKERFILE_CHECK"],
  ...["BUILDKIT_CONTEXT_KEEP_GIT_DIR", "BUILDKIT_CACHE_MOUNT_NS", "BUILDKIT_BUILD_NAME"],
  ...["BAKE_LOCAL_PLATFORM", "BAKE_CMD_CONTEXT"],
];

test("every variable in buildx's program is in the table", async () => {
  const program = new TextDecoder("latin1").decode(await Deno.readFile(await need("buildx")));
  const variables = readVariables(await Deno.readTextFile(`${root}/docs/environment.md`));
  const known = [...noVariables, ...variables.map(({ name }) => name)];
  // Go keeps texts without anything between them: one match may hold several names.
  const names = program.match(
    /(?<![A-Z_])(?:BUILDX|BUILDKIT|BAKE|EXPERIMENTAL_BUILDKIT)_[A-Z0-9_]+/g,
  )!
    .flatMap((text) =>
      text.split(/(?<!EXPERIMENTAL_)(?=(?:BUILDX|BUILDKIT|EXPERIMENTAL_BUILDKIT)_)/)
    );
  assert.ok(names.length > 30, "the program is understood");
  const unknown = names.filter((name) => !known.some((start) => name.startsWith(start)));
  assert.deepEqual([...new Set(unknown)], []);
  const gone = variables.filter(({ name, state }) => state !== "added" && !program.includes(name));
  assert.deepEqual(gone.map(({ name }) => name), []);
});

Deno.test("the check of the variables finds mistakes in their table", async () => {
  const product = ["cli/flags/spec.ts", "progress/colors.ts"];
  const dir = await Deno.makeTempDir({ prefix: "fairlead-variables-" });
  await using _ = removedLater(dir);
  for (const folder of ["docs", "scripts/compile", "cli/flags", "progress"]) {
    await Deno.mkdir(`${dir}/${folder}`, { recursive: true });
  }
  for (const file of [...product, "scripts/compile/head.sh"]) {
    await Deno.copyFile(`${root}/${file}`, `${dir}/${file}`);
  }
  const table = (...rows: string[]) =>
    Deno.writeTextFile(`${dir}/docs/environment.md`, rows.join("\n"));
  const good = [
    "| `BUILDX_BUILDER` | same | |",
    "| `FAIRLEAD_CONNECT_TIMEOUT` | added | |",
    "| `NO_COLOR` | same | |",
    "| `BUILDKIT_COLORS` | differs | how |",
    "| `BUILDX_EXPERIMENTAL` | missing | why |",
  ];
  await table(...good);
  assert.deepEqual(await environmentBreaches(dir, product), []);
  const broken: [rows: string[], breach: RegExp][] = [
    [good.slice(1), /the program reads BUILDX_BUILDER: add a row/],
    [[...good, good[2]!], /6: NO_COLOR has two rows/],
    [[...good, "| `BUILDX_NEW` | same | |"], /does not name BUILDX_NEW: same is wrong/],
    [[...good.slice(0, 4), "| `NO_COLOR` | missing | why |"], /names NO_COLOR: missing is wrong/],
    [[...good.slice(0, 3), "| `BUILDKIT_COLORS` | differs | |"], /differs: say how, or why/],
    [[...good.slice(0, 3), "| `BUILDKIT_COLORS` | fine | yes |"], /fine is not one of/],
  ];
  for (const [rows, breach] of broken) {
    await table(...rows);
    assert.match((await environmentBreaches(dir, product)).join("\n"), breach);
  }
});
