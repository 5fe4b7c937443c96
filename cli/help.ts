import type { Env } from "../base/env.ts";
import { type Command, type CommandEntry, usageLine } from "./command.ts";
import { flagTable } from "./flags/help.ts";
import { type FlagSpecs, globalFlags, helpFlag } from "./flags/spec.ts";

/** The command, or the list of commands, that help is about. */
export interface HelpTopic {
  /** The words that call it: `fairlead history ls`. */
  readonly path: string;
  /** The summary, or a command's longer description. */
  readonly about: string;
  /** The other names of a command. */
  readonly aliases: readonly string[];
  /** Absent for the root and for groups, which only hold commands. */
  readonly command?: Command;
  readonly commands: readonly CommandEntry[];
  readonly isRoot: boolean;
}

/** The parts of a topic's help, in the order in which they are printed. */
export interface HelpPage {
  readonly about: string;
  readonly usages: readonly string[];
  readonly aliases: readonly string[];
  readonly commands: readonly CommandEntry[];
  /** Flags by their heading. */
  readonly flags: readonly (readonly [title: string, specs: FlagSpecs])[];
  /** The last line, about further help; empty for none. */
  readonly more: string;
}

/** @param isTerminal adds the program's flag `--version`, which buildx's help doesn't have */
export function helpPage(topic: HelpTopic, isTerminal: boolean): HelpPage {
  const { path, about, aliases, command, commands, isRoot } = topic;
  const words = path.split(" ");
  const name = words.at(-1)!;
  const named = (name: string) => [...words.slice(0, -1), name].join(" ");
  return {
    about,
    usages: [
      ...command ? [usageLine(path, command)] : [],
      ...commands.length > 0 ? [`${path} [command]`] : [],
    ],
    aliases: aliases.length > 0 ? [name, ...aliases].map(named) : [],
    commands: isRoot ? [...commands, helpEntry] : commands,
    flags: isRoot
      ? [["Flags", { ...globalFlags, ...helpOf(name), ...isTerminal && versionFlag }]]
      : [...flagGroups(command, name), ["Global Flags", inheritedFlags(command)]],
    more: commands.length > 0
      ? `Use "${path} [command] --help" for more information about a command.`
      : "",
  };
}

/** The help as buildx lays it out. */
export function plainHelp(page: HelpPage, env: Env): string {
  const { about, usages, aliases, commands, flags, more } = page;
  return [
    `${about}\n`,
    `Usage:\n${usages.map((usage) => `  ${usage}\n`).join("")}`,
    ...aliases.length > 0 ? [`Aliases:\n  ${aliases.join(", ")}\n`] : [],
    ...commands.length > 0 ? [`Available Commands:\n${commandLines(shownCommands(commands))}`] : [],
    ...flags.map(([title, specs]) => `${title}:\n${flagTable(specs, env)}`),
    ...more === "" ? [] : [`${more}\n`],
  ].join("\n");
}

/** The flags that a command takes besides its own. */
export function inheritedFlags(command: Command | undefined): FlagSpecs {
  return command?.ignoresBuilder ? { debug: globalFlags.debug } : globalFlags;
}

/** The commands that help lists, by name. */
export function shownCommands(commands: readonly CommandEntry[]): CommandEntry[] {
  return commands.filter(({ hidden }) => !hidden).sort((a, b) => a.name < b.name ? -1 : 1);
}

/** @param all the commands whose names share one column; by default, the listed ones */
export function commandLines(listed: readonly CommandEntry[], all = listed): string {
  const width = Math.max(11, ...all.map(({ name }) => name.length));
  return listed.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}\n`).join("");
}

const versionFlag = {
  version: { kind: "bool", summary: "Print the version" },
} as const satisfies FlagSpecs;

const helpEntry: CommandEntry = {
  name: "help",
  section: "This program",
  summary: "Help about any command",
  load: () => Promise.reject(new Error("help is not a file")),
};

function helpOf(name: string): FlagSpecs {
  return { help: { ...helpFlag.help, summary: `help for ${name}` } };
}

/** The flags of a command by their heading; those without one are first. */
function flagGroups(command: Command | undefined, name: string): [string, FlagSpecs][] {
  const flags = Object.entries({ ...command?.flags, ...helpOf(name) });
  return [...Map.groupBy(flags, ([, { group = "Flags" }]) => group)]
    .map(([title, specs]): [string, FlagSpecs] => [title, Object.fromEntries(specs)])
    .sort(([a], [b]) => a === "Flags" ? -1 : b === "Flags" ? 1 : 0);
}
