/** Help on a terminal: examples first, commands in groups, lines that break at words. */
import type { Env } from "../base/env.ts";
import type { CommandEntry } from "./command.ts";
import { flagRows } from "./flags/help.ts";
import type { FlagSpecs } from "./flags/spec.ts";
import type { HelpPage } from "./help.ts";
import { wrap } from "./wrap.ts";

/** @param examples lines of a shell; empty for none. @param columns those of the terminal */
export function terminalHelp(
  page: HelpPage,
  { examples, columns }: { readonly examples: string; readonly columns: number },
  env: Env,
): string {
  const width = Math.max(columns - 1, 20);
  const shown = examples.trim().split("\n").map((line) => `  ${line}\n`).join("");
  const sections = [
    `${blocksOf(page.about).map((block) => wrapBlock(block, width)).join("\n")}\n`,
    ...examples === "" ? [] : [`Examples:\n${shown}`],
    `Usage:\n${page.usages.map((usage) => `  ${usage}\n`).join("")}`,
    ...page.aliases.length === 0 ? [] : [`Aliases:\n  ${page.aliases.join(", ")}\n`],
    ...commandSections(page.commands, width),
    ...page.flags.filter(([, specs]) => flagRows(specs, env).length > 0)
      .map(([title, specs]) => `${title}:\n${flagLines(specs, env, width)}`),
    ...page.more === "" ? [] : [`${wrap(page.more, width)}\n`],
  ];
  return sections.join("\n");
}

/** The number of an item in a list. */
const ITEM = /^ *\d+\. /;
/** Columns that blanks align. */
const ALIGNED = /\S {2,}\S/;

/** The paragraphs, items and aligned lines of a text, each as one line. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  for (const line of text.split("\n")) {
    const before = blocks.at(-1);
    const isOwn = !before || line === "" || ITEM.test(line);
    if (isOwn || ALIGNED.test(line) || ALIGNED.test(before)) blocks.push(line);
    else blocks[blocks.length - 1] = `${before} ${line.trim()}`;
  }
  return blocks;
}

function wrapBlock(block: string, width: number): string {
  const [number = ""] = ITEM.exec(block) ?? [];
  const margin = " ".repeat(number.length);
  const text = wrap(block.slice(number.length), Math.max(width - margin.length, 16));
  return number + text.replaceAll("\n", `\n${margin}`);
}

/** Commands about the program itself. */
const LAST_SECTION = "This program";

function commandSections(commands: readonly CommandEntry[], width: number): string[] {
  const shown = commands.filter(({ hidden }) => !hidden);
  const indent = Math.max(0, ...shown.map(({ name }) => name.length)) + 4;
  const isLast = (title: string) => Number(title === LAST_SECTION);
  return [...Map.groupBy(shown, ({ section = "Commands" }) => section)]
    .sort(([a], [b]) => isLast(a) - isLast(b))
    .map(([title, entries]) =>
      `${title}:\n${
        entries.map(({ name, summary }) => row(`  ${name}`, summary, indent, width)).join("")
      }`
    );
}

/** The widest column of flags; the text of a longer flag begins in the next line. */
const MOST_INDENT = 34;

function flagLines(specs: FlagSpecs, env: Env, width: number): string {
  const rows = flagRows(specs, env);
  const widest = Math.max(...rows.map(({ flag }) => flag.length)) + 3;
  const indent = Math.min(widest, MOST_INDENT, Math.floor(width / 2));
  return rows.map(({ flag, about }) => row(flag, about, indent, width)).join("");
}

/** A name and its text; the text's further lines stand below its first. */
function row(name: string, text: string, indent: number, width: number): string {
  const lines = wrap(text, Math.max(width - indent, 16)).split("\n");
  const margin = " ".repeat(indent);
  const [first = "", ...rest] = lines;
  const head = name.length + 2 <= indent
    ? name.padEnd(indent) + first
    : `${name}\n${margin}${first}`;
  return [head, ...rest.map((line) => margin + line)].map((line) => `${line.trimEnd()}\n`).join("");
}
