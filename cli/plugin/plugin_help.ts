/** Help in the form of docker's plugins: it begins with `Usage:`, which clients look for. */
import type { Command, CommandEntry } from "../command.ts";
import { type FlagRow, flagRows } from "../flags/help.ts";
import { type FlagSpecs, globalFlags } from "../flags/spec.ts";

type Env = (name: string) => string | undefined;

interface PluginHelp {
  /** `docker buildx history` */
  readonly path: string;
  readonly about: string;
  /** As the usage line shows the arguments; empty for none. */
  readonly usage: string;
  /** The command's own flags. */
  readonly flags: FlagSpecs;
  readonly ignoresBuilder: boolean;
  readonly aliases: readonly string[];
  readonly commands: readonly CommandEntry[];
  /** Columns of the terminal. */
  readonly columns: number;
}

/** Names under which docker itself offers a command of buildx. */
const DOCKER_ALIASES: Readonly<Record<string, readonly string[]>> = {
  "docker buildx build": ["docker build", "docker builder build", "docker image build"],
};

function pluginHelp(help: PluginHelp, env: Env): string {
  const { path, about, commands, columns } = help;
  const flags = { ...help.ignoresBuilder ? { debug: globalFlags.debug } : globalFlags };
  const parent = path.slice(0, path.lastIndexOf(" ") + 1);
  const aliases = [
    ...DOCKER_ALIASES[path] ?? (help.aliases.length > 0 ? [path] : []),
    ...help.aliases.map((alias) => parent + alias),
  ];
  const shown = commands.filter(({ hidden }) => !hidden)
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
  const parts = [
    `Usage:  ${[path, help.usage].join(" ").trimEnd()}\n`,
    `${about}\n`,
    ...aliases.length > 0 ? [`Aliases:\n  ${aliases.join(", ")}\n`] : [],
    `Options:\n${wrappedRows(flagRows({ ...flags, ...help.flags }, env), columns - 1)}`,
    commandBlock("Management Commands", shown.filter(({ isGroup }) => isGroup), shown),
    commandBlock("Commands", shown.filter(({ isGroup }) => !isGroup), shown),
    ...shown.length > 0
      ? [`Run '${path} COMMAND --help' for more information on a command.\n`]
      : [],
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** The help of one command. */
export function pluginCommandHelp(
  { path, columns }: Pick<PluginHelp, "path" | "columns">,
  entry: CommandEntry,
  command: Command,
  env: Env,
): string {
  const below = command.commands ?? [];
  return pluginHelp({
    path,
    about: command.description ?? entry.summary,
    usage: below.length > 0 ? "[OPTIONS] COMMAND" : command.args.usage,
    flags: command.flags,
    ignoresBuilder: command.ignoresBuilder ?? false,
    aliases: entry.aliases ?? [],
    commands: below,
    columns,
  }, env);
}

/** The help of a list of commands: the root, or a group. */
export function pluginListHelp(
  place: Pick<PluginHelp, "path" | "columns" | "about" | "commands">,
  env: Env,
): string {
  const usage = "[OPTIONS] COMMAND";
  return pluginHelp({ ...place, usage, flags: {}, ignoresBuilder: false, aliases: [] }, env);
}

function commandBlock(
  title: string,
  listed: readonly CommandEntry[],
  all: readonly CommandEntry[],
) {
  if (listed.length === 0) return "";
  const width = Math.max(11, ...all.map(({ name }) => name.length));
  const lines = listed.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}\n`);
  return `${title}:\n${lines.join("")}`;
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
