import type { Command, CommandEntry } from "./command.ts";
import { flagTable } from "./flags/help.ts";
import { type FlagSpecs, globalFlags } from "./flags/spec.ts";
import { terminalHelp } from "./terminal_help.ts";

type Env = (name: string) => string | undefined;

/** A flag of the program itself; buildx's help has none, so only a terminal's help lists it. */
export const versionFlag = {
  version: { kind: "bool", hidden: true, summary: "Print the version" },
} as const satisfies FlagSpecs;

/** The flag that every command has. */
export function helpFlag(name: string): FlagSpecs {
  return { help: { kind: "bool", short: "h", summary: `help for ${name}` } };
}

/** The help of one command, laid out as in buildx. */
export function commandHelp(
  path: string,
  entry: CommandEntry,
  command: Command,
  env: Env,
): string {
  const flags: Record<string, FlagSpecs[string]> = { ...command.flags, ...helpFlag(entry.name) };
  const groups = new Map<string, FlagSpecs>();
  for (const [name, spec] of Object.entries(flags)) {
    const title = spec.group ?? "Flags";
    groups.set(title, { ...groups.get(title), [name]: spec });
  }
  const tables = [...groups].sort(([a], [b]) => a === "Flags" ? -1 : b === "Flags" ? 1 : 0)
    .map(([title, specs]) => `${title}:\n${flagTable(specs, env)}\n`).join("");
  const names = [entry.name, ...entry.aliases ?? []];
  const below = helpBelow(path, command);
  const parent = path.slice(0, -entry.name.length);
  const aliases = names.length < 2
    ? ""
    : `Aliases:\n  ${names.map((name) => parent + name).join(", ")}\n\n`;
  return `${command.description ?? entry.summary}\n\n` +
    `Usage:\n  ${usageLine(path, command)}\n${below.usage}\n${aliases}${below.list}${tables}` +
    `Global Flags:\n${flagTable(inherited(command), env)}${below.end}`;
}

/** The same on a terminal. */
export function commandTerminalHelp(
  path: string,
  entry: CommandEntry,
  command: Command,
  { examples, columns }: { readonly examples: string; readonly columns: number },
  env: Env,
): string {
  const flags = { ...command.flags, ...helpFlag(entry.name) };
  const groups = Object.entries(
    Object.groupBy(Object.entries(flags), ([, spec]) => spec.group ?? "Flags"),
  ).map(([title, specs]) => [title, Object.fromEntries(specs!)] as const)
    .sort(([a], [b]) => a === "Flags" ? -1 : b === "Flags" ? 1 : 0);
  const parent = path.slice(0, -entry.name.length);
  const { commands } = command;
  return terminalHelp({
    about: command.description ?? entry.summary,
    examples,
    columns,
    usages: [usageLine(path, command), ...commands ? [`${path} [command]`] : []],
    aliases: entry.aliases ? [entry.name, ...entry.aliases].map((name) => parent + name) : [],
    commands: commands ?? [],
    flags: [...groups, ["Global Flags", inherited(command)]],
    more: commands ? moreHelp(path).trim() : "",
  }, env);
}

/** The help of a list of commands on a terminal. */
export function listTerminalHelp(
  path: string,
  about: { summary: string; root: boolean },
  commands: readonly CommandEntry[],
  { examples, columns }: { readonly examples: string; readonly columns: number },
  env: Env,
): string {
  const help = helpFlag(path.split(" ").at(-1)!);
  return terminalHelp({
    about: about.summary,
    examples,
    columns,
    usages: [`${path} [command]`],
    aliases: [],
    commands,
    flags: about.root
      ? [["Flags", {
        ...globalFlags,
        ...help,
        version: { ...versionFlag.version, hidden: false },
      }]]
      : [["Flags", help], ["Global Flags", globalFlags]],
    more: moreHelp(path).trim(),
  }, env);
}

/** The parts of a command's help that list its subcommands. */
function helpBelow(path: string, { commands }: Command) {
  if (commands === undefined) return { usage: "", list: "", end: "" };
  return {
    usage: `  ${path} [command]\n`,
    list: `Available Commands:\n${commandLines(commands)}\n`,
    end: `\n${moreHelp(path)}`,
  };
}

function commandLines(commands: readonly CommandEntry[]): string {
  const shown = commands.filter((entry) => !entry.hidden)
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
  const width = Math.max(11, ...shown.map((entry) => entry.name.length));
  return shown.map((entry) => `  ${entry.name.padEnd(width)} ${entry.summary}\n`).join("");
}

function moreHelp(path: string): string {
  return `Use "${path} [command] --help" for more information about a command.\n`;
}

/** The help of a list of commands: the root, or a group. */
export function listHelp(
  path: string,
  about: { summary: string; root: boolean },
  commands: readonly CommandEntry[],
  env: Env,
): string {
  const help = helpFlag(path.split(" ").at(-1)!);
  const flags = about.root
    ? `Flags:\n${flagTable({ ...globalFlags, ...help }, env)}`
    : `Flags:\n${flagTable(help, env)}\nGlobal Flags:\n${flagTable(globalFlags, env)}`;
  return `${about.summary}\n\nUsage:\n  ${path} [command]\n\n` +
    `Available Commands:\n${commandLines(commands)}\n${flags}\n${moreHelp(path)}`;
}

/** `fairlead rm [OPTIONS] [NAME...]` */
export function usageLine(path: string, command: Command): string {
  return command.args.usage === "" ? path : `${path} ${command.args.usage}`;
}

function inherited(command: Command): FlagSpecs {
  return command.ignoresBuilder ? { debug: globalFlags.debug } : globalFlags;
}
