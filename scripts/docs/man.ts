import type { FlagRow } from "../../cli/flags/help.ts";
import type { Page } from "./command_tree.ts";

/** The name of a command's manual page: `fairlead-history-logs.1`. */
export function manName({ path }: Page): string {
  return `${path.replaceAll(" ", "-")}.1`;
}

/** The exit codes of all commands. */
const STATUS: readonly (readonly [string, string])[] = [
  ["0", "Success."],
  ["1", "Another error; standard error explains it."],
  ["100, 102", "The daemon had an internal error, or no resources left."],
  ["129", "Its terminal was closed (SIGHUP)."],
  ["130", "It was interrupted."],
];

/** A command's manual page, in the language of man(7). */
export function man(page: Page, parent: Page | undefined): string {
  const { path, summary, description, usages, aliases, flags, globalFlags, below, examples } = page;
  const near = [...parent ? [parent] : [], ...below];
  return [
    `.TH ${quoted(path.replaceAll(" ", "-").toUpperCase())} 1 "" fairlead "User Commands"`,
    // Lines are not filled with blanks, and names are not hyphenated.
    ".ad l",
    ".nh",
    ".SH NAME",
    `${text(path.replaceAll(" ", "-"))} \\- ${text(summary)}`,
    ".SH SYNOPSIS",
    ...usages.flatMap((usage, at) => [...at > 0 ? [".br"] : [], synopsis(path, usage)]),
    ".SH DESCRIPTION",
    ...description.split("\n\n").flatMap((paragraph, at) => [
      ...at > 0 ? [".PP"] : [],
      ...paragraph.split("\n").flatMap((line, i) => [...i > 0 ? [".br"] : [], text(line)]),
    ]),
    ...aliases.length > 0 ? [".PP", `Also: ${aliases.map(text).join(", ")}`] : [],
    ...examples.length > 0
      ? [
        ".SH EXAMPLES",
        ".nf",
        ...examples.flatMap(({ lines }) => lines.trim().split("\n").map(text)),
        ".fi",
      ]
      : [],
    ...section("COMMANDS", below.map((each) => [bold(each.path), each.summary])),
    ...section("OPTIONS", flags.map(flagRow)),
    ...section("GLOBAL OPTIONS", globalFlags.map(flagRow)),
    ...section("EXIT STATUS", STATUS),
    ...near.length > 0
      ? [
        ".SH SEE ALSO",
        near.map(({ path }) => `${bold(path.replaceAll(" ", "-"))}(1)`).join(", "),
      ]
      : [],
  ].join("\n") + "\n";
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  if (rows.length === 0) return [];
  return [
    `.SH ${quoted(title)}`,
    ...rows.flatMap(([head, about]) => [".TP", head, text(about)]),
  ];
}

function synopsis(path: string, usage: string): string {
  return `${bold(path)}${text(usage.slice(path.length))}`;
}

/** `-f, --file string`: the flags bold, the value's name in italics. */
function flagRow({ flag, about }: FlagRow): readonly [string, string] {
  const [, names = flag, value = ""] = /^((?:-\w, )?--[\w-]+)(.*)$/.exec(flag) ?? [];
  const shown = value === "" ? "" : ` \\fI${text(value.trim())}\\fR`;
  return [`${names.split(", ").map(bold).join(", ")}${shown}`, about];
}

function bold(words: string): string {
  return `\\fB${text(words)}\\fR`;
}

function quoted(words: string): string {
  return `"${text(words)}"`;
}

/** Escapes text for roff. */
function text(words: string): string {
  return words.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll('"', "\\(dq")
    .replace(/^([.'])/, "\\&$1")
    // A grammar without blanks may continue in the next line after these.
    .replace(/([,|])(?=\S)/g, "$1\\:");
}
