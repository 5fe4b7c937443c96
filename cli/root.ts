import { nearest } from "../base/nearest.ts";
import {
  type Command,
  type CommandEntry,
  type CommandGroup,
  findCommand,
  usageLine,
} from "./command.ts";
import type { Deps } from "./deps.ts";
import { longNameOf, parseFlags, wantsValue } from "./flags/parse.ts";
import { type FlagSpecs, globalFlags, type GlobalValues, helpFlag } from "./flags/spec.ts";
import type { HelpTopic } from "./help.ts";
import { withNamedPlugins } from "./plugin_flag.ts";
import { FlagError, PluginUsageError, UsageError } from "../base/usage_error.ts";

/** The name of the program when docker doesn't call it. */
export const program = "fairlead";

const about = "A standalone BuildKit client";

/**
 * Runs the command that `deps.args` names. Resolves to the exit code; rejects with the command's
 * error, or with `UsageError`.
 * @param onDebug called when `--debug` is among the flags; a value of a flag never counts as one
 */
export async function runRoot(
  deps: Deps,
  commands: readonly CommandEntry[],
  onDebug: () => void,
  examples: ExamplesOf = () => Promise.resolve(""),
): Promise<number> {
  const path = rootPath(deps);
  return await runList(deps, { path, commands, before: [], words: deps.args, onDebug, examples });
}

/** Loads the examples of a command, by the words that call it; empty for none. */
export type ExamplesOf = (path: string) => Promise<string>;

/** The words by which the user calls the program: `fairlead`, or `docker buildx`. */
export function rootPath({ plugin }: Pick<Deps, "plugin">): string {
  return plugin === undefined ? program : `docker ${plugin}`;
}

interface Position {
  /** The program and the commands so far: `fairlead history`. */
  readonly path: string;
  readonly commands: readonly CommandEntry[];
  /** The entry of this group; absent at the root. */
  readonly entry?: CommandEntry;
  /** The global flags that were typed so far. */
  readonly before: readonly string[];
  readonly onDebug: () => void;
  readonly examples: ExamplesOf;
  /** The rest of the command line. */
  readonly words: readonly string[];
}

/** Checks the flags before the next command's name, and goes on with that command. */
async function runList(deps: Deps, position: Position): Promise<number> {
  const flags: FlagSpecs = {
    ...globalFlags,
    ...helpFlag,
    ...position.entry === undefined && { version: { kind: "bool", hidden: true, summary: "" } },
  };
  const at = firstArgument(position.words, flags);
  const early = position.words.slice(0, at);
  const { debug, version, help } = parse(deps, flags, early, position.path).values;
  if (debug) position.onDebug();
  const versionEntry = findCommand(position.commands, "version");
  if (version && !help && versionEntry !== undefined) {
    return await runEntry(deps, { ...position, words: [] }, versionEntry);
  }
  const before = [...position.before, ...early];
  const word = position.words[at];
  if (word === undefined) return await printHelp(deps, position);
  const words = position.words.slice(at + 1);
  const entry = findCommand(position.commands, word);
  if (entry !== undefined) return await runEntry(deps, { ...position, before, words }, entry);
  if (word === "help" && position.entry === undefined) return await runHelp(deps, position, words);
  const names = position.commands.filter((entry) => !entry.hidden).map((entry) => entry.name);
  const near = nearest(word, names);
  throw new UsageError(
    `unknown command: ${JSON.stringify(word)}`,
    near === undefined
      ? `run '${position.path} --help' for the list of commands`
      : `did you mean '${position.path} ${near}'?`,
  );
}

async function runEntry(deps: Deps, position: Position, entry: CommandEntry): Promise<number> {
  const { command } = await entry.load();
  const path = `${position.path} ${entry.name}`;
  if (isGroup(command)) {
    return await runList(deps, { ...position, path, commands: command.commands, entry });
  }
  const specs: FlagSpecs = {
    ...globalFlags,
    ...helpFlag,
    ...command.flags,
  };
  const at = firstArgument(position.words, specs);
  const below = findCommand(command.commands ?? [], position.words[at] ?? "");
  if (below !== undefined) {
    return await runEntry(
      deps,
      { ...position, path, words: position.words.toSpliced(at, 1) },
      below,
    );
  }
  const words = command.takesAllWords
    ? ["--", ...position.words]
    : [...position.before, ...position.words];
  const usage = usageLine(path, command);
  const { values, given, occurrences, args } = parse(deps, specs, words, path, usage);
  if (values.debug) position.onDebug();
  if (values.help) return await printHelp(deps, { ...position, path, entry }, command);
  checkCount(path, command, args, given);
  const global = values as unknown as GlobalValues;
  const scoped = withNamedPlugins(deps, global["transport-plugin"]);
  try {
    const invocation = { deps: scoped, args, flags: values, given, occurrences, global };
    return await command.run(invocation) ?? 0;
  } catch (error) {
    // The command itself parses the values of some flags.
    throw asPluginError(error, deps, path, usage);
  }
}

/** `help`, `help rm`, `help history ls`. */
async function runHelp(deps: Deps, position: Position, words: readonly string[]): Promise<number> {
  let { commands } = position;
  let path = rootPath(deps);
  let entry: CommandEntry | undefined;
  const specs = { ...globalFlags, ...helpFlag };
  const { args: names } = parse(deps, specs, words, `${path} help`);
  for (const [i, word] of names.entries()) {
    entry = findCommand(commands, word);
    if (entry === undefined) {
      const near = nearest(word, commands.map((entry) => entry.name));
      throw new UsageError(
        `unknown help topic: ${JSON.stringify(word)}`,
        near === undefined ? undefined : `did you mean '${path} ${near}'?`,
      );
    }
    path += ` ${entry.name}`;
    const { command } = await entry.load();
    const below = command.commands ?? [];
    if (!isGroup(command) && findCommand(below, names[i + 1] ?? "") === undefined) {
      return await printHelp(deps, { ...position, path, entry }, command);
    }
    commands = below;
  }
  return await printHelp(deps, { ...position, path, commands, ...(entry && { entry }) });
}

/** The help of a command's entry; of the list at this position without one. */
async function printHelp(
  deps: Deps,
  { path, entry, commands, examples }: Position,
  command?: Command,
): Promise<number> {
  const topic = {
    path,
    about: command?.description ?? entry?.summary ?? about,
    aliases: command && entry?.aliases || [],
    ...command && { command },
    commands: command ? command.commands ?? [] : commands,
    isRoot: entry === undefined,
  };
  const columns = deps.stdout.size()?.columns;
  deps.stdout.write(await helpText(topic, columns, deps, examples));
  return 0;
}

async function helpText(
  topic: HelpTopic,
  columns: number | undefined,
  { plugin, env }: Deps,
  examples: ExamplesOf,
): Promise<string> {
  if (plugin !== undefined) {
    return (await import("./plugin/plugin_help.ts")).pluginHelp(topic, columns ?? 80, env);
  }
  const { helpPage, plainHelp } = await import("./help.ts");
  if (columns === undefined) return plainHelp(helpPage(topic, false), env);
  const { terminalHelp } = await import("./terminal_help.ts");
  const options = { columns, examples: await examples(topic.path) };
  return terminalHelp(helpPage(topic, true), options, env);
}

/** Parses flags. As docker's plugin, it throws errors in the form of docker's plugins. */
function parse(
  deps: Deps,
  specs: FlagSpecs,
  words: readonly string[],
  path: string,
  usage = path,
) {
  try {
    return parseFlags(specs, words, deps.env);
  } catch (error) {
    throw asPluginError(error, deps, path, usage);
  }
}

function asPluginError(error: unknown, { plugin }: Deps, path: string, usage: string): unknown {
  const isPlain = plugin === undefined || !(error instanceof FlagError);
  return isPlain ? error : new PluginUsageError(error, path, usage);
}

/** The index of the first word that is neither a flag nor a flag's value. */
export function firstArgument(words: readonly string[], specs: FlagSpecs): number {
  let isValue = false;
  const at = words.findIndex((word) => {
    if (isValue) return isValue = false;
    if (!word.startsWith("-") || word === "-") return true;
    isValue = takesNext(word, specs);
    return false;
  });
  return at < 0 ? words.length : at;
}

/**
 * Whether a flag's value is the next word, as after `--name`, `-n`, or a group of letters that ends
 * in `n`.
 */
function takesNext(word: string, specs: FlagSpecs): boolean {
  const wants = (name: string | undefined) =>
    name !== undefined && Object.hasOwn(specs, name) && wantsValue(specs[name]!);
  if (word.startsWith("--")) return wants(word.slice(2));
  const letters = [...word.slice(1)];
  const at = letters.findIndex((letter) => wants(longNameOf(specs, letter)));
  return at >= 0 && at === letters.length - 1;
}

export function isGroup(command: Command | CommandGroup): command is CommandGroup {
  return !("run" in command);
}

/** Throws in the words of docker's command line. */
function checkCount(
  path: string,
  command: Command,
  args: readonly string[],
  given: ReadonlySet<string>,
) {
  const { min, oneMoreWith = "" } = command.args;
  const max = command.args.max + (given.has(oneMoreWith) ? 1 : 0);
  if (args.length >= min && args.length <= max) return;
  const count = (number: number) => `${number} ${number === 1 ? "argument" : "arguments"}`;
  const wanted = max === 0
    ? "no arguments"
    : min === max
    ? count(min)
    : min === 0
    ? `at most ${count(max)}`
    : max === Infinity
    ? `at least ${count(min)}`
    : `at least ${min} and at most ${count(max)}`;
  throw new UsageError(
    `${path.split(" ", 1)[0]}: '${path}' ${
      max === 0 ? "accepts" : "requires"
    } ${wanted}\n\nUsage:  ${usageLine(path, command)}\n\n` +
      `Run '${path} --help' for more information`,
    command.args.hint,
  );
}
