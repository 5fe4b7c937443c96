import { inheritedFlags, shownCommands } from "../../cli/help.ts";
import { type Command, type CommandEntry, usageLine } from "../../cli/command.ts";
import { type FlagRow, flagRows } from "../../cli/flags/help.ts";
import { type FlagSpecs } from "../../cli/flags/spec.ts";
import { program } from "../../cli/root.ts";
import { type Example, examples } from "../../commands/examples.ts";

/** The content of a command's pages. */
export interface Page {
  /** `fairlead history logs` */
  readonly path: string;
  readonly summary: string;
  /** The description; the summary for a command without one. */
  readonly description: string;
  /** The usage lines; a group has one for its commands. */
  readonly usages: readonly string[];
  /** Other full names: `fairlead f`. */
  readonly aliases: readonly string[];
  readonly flags: readonly FlagRow[];
  readonly globalFlags: readonly FlagRow[];
  readonly below: readonly Page[];
  /** Its own example; a group without one has the examples of its commands. */
  readonly examples: readonly Example[];
}

/** The pages don't depend on the environment in which they are made. */
const noEnv = () => undefined;

/** The pages of all commands in the program's own table. Hidden commands have none. */
export async function commandTree(commands: readonly CommandEntry[]): Promise<Page> {
  const about = "A standalone BuildKit client";
  const root: CommandEntry = {
    name: program,
    summary: about,
    load: () => Promise.resolve({ command: { commands } }),
  };
  return await pageOf("", root);
}

async function pageOf(parent: string, entry: CommandEntry): Promise<Page> {
  const path = `${parent} ${entry.name}`.trim();
  const { command } = await entry.load();
  const own: Command | undefined = "run" in command ? command : undefined;
  const below: Page[] = [];
  for (const each of shownCommands(command.commands ?? [])) below.push(await pageOf(path, each));
  return {
    path,
    summary: entry.summary,
    description: own?.description ?? entry.summary,
    usages: [
      ...own === undefined ? [] : [usageLine(path, own)],
      ...below.length > 0 ? [`${path} COMMAND`] : [],
    ],
    aliases: (entry.aliases ?? []).map((alias) => `${parent} ${alias}`),
    flags: rows(own?.flags ?? {}),
    globalFlags: rows(inheritedFlags(own)),
    below,
    examples: Object.hasOwn(examples, path)
      ? [examples[path]!]
      : below.flatMap(({ examples }) => examples),
  };
}

function rows(specs: FlagSpecs): FlagRow[] {
  return flagRows(specs, noEnv).map(({ flag, about }) => ({ flag: flag.trim(), about }));
}

/** The page and all pages below it. */
export function allPages(page: Page): Page[] {
  return [page, ...page.below.flatMap(allPages)];
}
