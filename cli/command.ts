import type { Deps } from "./deps.ts";
import type { Occurrence } from "./flags/parse.ts";
import type { FlagSpecs, FlagValues, GlobalValues } from "./flags/spec.ts";

/** The arguments of a command's `run`. */
export interface Invocation<Specs extends FlagSpecs = FlagSpecs> {
  readonly deps: Deps;
  /** The words that are no flags; their number has been checked. */
  readonly args: readonly string[];
  readonly flags: FlagValues<Specs>;
  /** The flags that were typed, by long name. */
  readonly given: ReadonlySet<string>;
  /** Every typed flag in order, for grammars where the last of several flags wins. */
  readonly occurrences: readonly Occurrence[];
  readonly global: GlobalValues;
}

/** How a command's arguments are written and how many there may be. */
export interface ArgsSpec {
  /** As the usage line shows them: `[OPTIONS] [NAME...]`. */
  readonly usage: string;
  /** The remedy when there are none, or too many. */
  readonly hint?: string;
  readonly min: number;
  readonly max: number;
  /** A flag that brings an argument of its own, before the others. */
  readonly oneMoreWith?: string;
}

/** A command as its file defines it. Its name and summary stand in a list of commands. */
export interface CommandDefinition<Specs extends FlagSpecs> {
  readonly args: ArgsSpec;
  readonly flags: Specs;
  /** The text above the usage line; absent, the summary. */
  readonly description?: string;
  /** The command has no use for `--builder`: the flag is accepted, but neither listed nor used. */
  readonly ignoresBuilder?: boolean;
  /** All words after the command's name are arguments, even those that look like flags. */
  readonly takesAllWords?: boolean;
  /** Subcommands. The first argument names one of them, or belongs to this command. */
  readonly commands?: readonly CommandEntry[];
  /** Resolves to the exit code when that isn't 0. Throws any of our errors. */
  run(invocation: Invocation<Specs>): Promise<number | void>;
}

/** A command without the types of its flags. */
export type Command = CommandDefinition<FlagSpecs>;

/** Commands under one name: `history ls`, `history rm`. */
export interface CommandGroup {
  readonly commands: readonly CommandEntry[];
}

/** A command in a list; its code is loaded when it is chosen. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line. */
  readonly summary: string;
  readonly hidden?: boolean;
  /** The heading above the command in the help of a terminal. */
  readonly section?: string;
  /** Whether it has subcommands. */
  readonly isGroup?: boolean;
  load(): Promise<{ readonly command: Command | CommandGroup }>;
}

/** Gives `run` the types of its flags. */
export function defineCommand<const Specs extends FlagSpecs>(
  definition: CommandDefinition<Specs>,
): Command {
  return definition as unknown as Command;
}

/** Defines a command that only holds others. */
export function defineGroup(commands: readonly CommandEntry[]): CommandGroup {
  return { commands };
}

/** The entry with this name or alias. */
export function findCommand(
  commands: readonly CommandEntry[],
  name: string,
): CommandEntry | undefined {
  return commands.find((entry) => entry.name === name || entry.aliases?.includes(name));
}

/** `fairlead rm [OPTIONS] [NAME...]` */
export function usageLine(path: string, { args }: Command): string {
  return `${path} ${args.usage}`.trimEnd();
}
