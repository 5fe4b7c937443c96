import {
  type Command,
  type CommandEntry,
  type CommandGroup,
  findCommand,
} from "../../cli/command.ts";
import { longNameOf, wantsValue } from "../../cli/flags/parse.ts";
import { type FlagSpecs, globalFlags, helpFlag } from "../../cli/flags/spec.ts";
import { argumentCandidates } from "./arguments.ts";
import { type Candidates, nothing } from "./candidates.ts";
import { flagCandidates } from "./flag_values.ts";
import type { Asked } from "./live.ts";

/** The position of the cursor, and the words before it. */
interface Cursor {
  /** `history ls`; empty at the root. */
  readonly path: string;
  /** The commands that may follow. */
  readonly commands: readonly CommandEntry[];
  readonly command: Command | undefined;
  readonly specs: FlagSpecs;
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly args: readonly string[];
  /** The flag whose value the cursor is in. */
  readonly flag: string | undefined;
  /** The words after `--` are no flags. */
  readonly ended: boolean;
  /** The first word is `help`, which takes only commands. */
  readonly help: boolean;
}

/**
 * The candidates for the word at the cursor.
 * @param words all words up to the cursor, without the program's name; the last one may be empty
 */
export async function complete(
  words: readonly string[],
  commands: readonly CommandEntry[],
  context: Pick<Asked, "deps">,
): Promise<Candidates> {
  const last = words.at(-1) ?? "";
  const cursor = await walk(words.slice(0, -1), commands);
  const asked = { ...context, path: cursor.path, flags: cursor.flags, args: cursor.args };
  if (cursor.flag !== undefined) {
    return await flagCandidates(cursor.flag, false, { ...asked, typed: last });
  }
  const [, name, typed] = /^--([^=]+)=(.*)$/s.exec(cursor.ended ? "" : last) ?? [];
  if (name !== undefined) {
    const isSwitch = Object.hasOwn(cursor.specs, name) && cursor.specs[name]!.kind === "bool";
    const { words, ...rest } = await flagCandidates(name, isSwitch, { ...asked, typed: typed! });
    return {
      ...rest,
      words: words.map(({ word, about }) => ({ word: `--${name}=${word}`, about })),
    };
  }
  if (last.startsWith("-") && !cursor.ended) return flagNames(cursor);
  const below = cursor.args.length > 0 ? [] : cursor.commands.filter(({ hidden }) => !hidden)
    .map(({ name, summary }) => ({ word: name, about: summary }));
  const own = cursor.command === undefined || cursor.help
    ? nothing
    : await argumentCandidates({ ...asked, typed: last });
  return { ...own, words: [...below, ...own.words] };
}

/** Reads the words as the program itself would. */
async function walk(words: readonly string[], top: readonly CommandEntry[]): Promise<Cursor> {
  const rootSpecs: FlagSpecs = { ...globalFlags, ...helpFlag };
  let commands = top, command: Command | undefined, specs = rootSpecs, path = "";
  const flags = new Map<string, string[]>();
  const args: string[] = [];
  let flag: string | undefined;
  let ended = false, help = false;
  const note = (name: string, value: string) => flags.set(name, [...flags.get(name) ?? [], value]);
  for (const word of words) {
    if (flag !== undefined) {
      note(flag, word);
      flag = undefined;
    } else if (ended || !word.startsWith("-") || word === "-") {
      const entry = args.length > 0 ? undefined : findCommand(commands, word);
      if (word === "help" && commands === top && args.length === 0) help = true;
      else if (entry === undefined) args.push(word);
      else {
        const loaded: Command | CommandGroup = (await entry.load()).command;
        command = "run" in loaded ? loaded : undefined;
        commands = loaded.commands ?? [];
        specs = { ...rootSpecs, ...command?.flags };
        path = `${path} ${entry.name}`.trim();
      }
    } else if (word === "--") ended = true;
    else {
      const { name, value } = readFlag(word, specs);
      const spec = name !== undefined && Object.hasOwn(specs, name) ? specs[name] : undefined;
      if (value !== undefined) note(name!, value);
      else if (spec !== undefined && wantsValue(spec)) flag = name;
    }
  }
  // docker puts the plugin's name before the words.
  path = path.replace(/^buildx /, "");
  return { path, commands, command, specs, flags, args, flag, ended, help };
}

/** `--name`, `--name=value`, `-n`, `-nvalue`; a group of letters counts by its last. */
function readFlag(word: string, specs: FlagSpecs): { name?: string; value?: string } {
  const [, long, value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (long !== undefined) return { name: long, ...value !== undefined && { value } };
  for (const [at, letter] of [...word].entries()) {
    const name = at === 0 ? undefined : longNameOf(specs, letter);
    const spec = name === undefined ? undefined : specs[name];
    if (name === undefined || spec === undefined || !wantsValue(spec)) continue;
    const rest = word.slice(at + 1).replace(/^=/, "");
    return rest === "" ? { name } : { name, value: rest };
  }
  return {};
}

function flagNames({ specs }: Cursor): Candidates {
  const words = Object.entries(specs).filter(([, { hidden }]) => !hidden)
    .map(([name, { summary }]) => ({ word: `--${name}`, about: summary }));
  return { words };
}
