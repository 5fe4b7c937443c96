/** Help in the form of docker's plugins: it begins with `Usage:`, which clients look for. */
import type { Env } from "../../base/env.ts";
import { type FlagRow, flagRows } from "../flags/help.ts";
import { commandLines, type HelpTopic, inheritedFlags, shownCommands } from "../help.ts";

/** Names under which docker itself offers a command of buildx. */
const DOCKER_ALIASES: Readonly<Record<string, readonly string[]>> = {
  "docker buildx build": ["docker build", "docker builder build", "docker image build"],
};

/** @param columns those of the terminal */
export function pluginHelp(
  { path, about, aliases, command, commands }: HelpTopic,
  columns: number,
  env: Env,
): string {
  const flags = { ...inheritedFlags(command), ...command?.flags };
  const parent = path.slice(0, path.lastIndexOf(" ") + 1);
  const names = [
    ...DOCKER_ALIASES[path] ?? (aliases.length > 0 ? [path] : []),
    ...aliases.map((alias) => parent + alias),
  ];
  const shown = shownCommands(commands);
  const usage = commands.length > 0 ? "[OPTIONS] COMMAND" : command?.args.usage ?? "";
  const block = (title: string, listed: typeof shown) =>
    listed.length > 0 ? [`${title}:\n${commandLines(listed, shown)}`] : [];
  return [
    `Usage:  ${path} ${usage}`.trimEnd() + "\n",
    `${about}\n`,
    ...names.length > 0 ? [`Aliases:\n  ${names.join(", ")}\n`] : [],
    `Options:\n${wrappedRows(flagRows(flags, env), columns - 1)}`,
    ...block("Management Commands", shown.filter(({ isGroup }) => isGroup)),
    ...block("Commands", shown.filter(({ isGroup }) => !isGroup)),
    ...shown.length > 0
      ? [`Run '${path} COMMAND --help' for more information on a command.\n`]
      : [],
  ].join("\n");
}

function wrappedRows(rows: readonly FlagRow[], columns: number): string {
  const indent = Math.max(...rows.map(({ flag }) => flag.length)) + 3;
  return rows.map(({ flag, about }) => `${flag.padEnd(indent)}${wrap(about, indent, columns)}\n`)
    .join("");
}

/** The least width in which text is wrapped, and the columns by which a last line may be longer. */
const [LEAST, SLOP] = [24, 5];

/** Wraps text at spaces, as pflag does. A last short word may make its line a little longer. */
function wrap(text: string, indent: number, columns: number): string {
  // A very long flag leaves no room, so the text becomes a block in the next row.
  const isBlock = columns - indent < LEAST;
  const margin = " ".repeat(isBlock ? 16 : indent);
  const room = columns - margin.length - SLOP;
  if (room + SLOP < LEAST) return text;
  const lines: string[] = [];
  let rest = text;
  while (rest.length >= room + SLOP) {
    const at = rest.slice(0, room).search(/[ \t\n][^ \t\n]*$/);
    if (at <= 0) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  if (rest !== "") lines.push(rest);
  return (isBlock ? `\n${margin}` : "") + lines.join(`\n${margin}`);
}
