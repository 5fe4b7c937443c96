/**
 * Compares `docs/buildx-compatibility.md` with the program: every command and flag of the program
 * has a row, and every row is true. `scripts/check.ts` calls it.
 * `tests/commands/compatibility_test.ts` compares the rows with buildx's own help.
 */
import type { Command, CommandEntry, CommandGroup } from "../cli/command.ts";
import { type FlagSpecs, globalFlags } from "../cli/flags/spec.ts";
import { commands } from "../commands/list.ts";

const path = "docs/buildx-compatibility.md";

/** How a flag or a command relates to buildx's. */
export const states = ["same", "differs", "refused", "ignored", "added", "missing"] as const;
export type State = (typeof states)[number];

/** The row of a command, or of one of its flags. */
export interface Row {
  readonly line: number;
  /** `history ls`; empty for the flags of every command. */
  readonly command: string;
  /** The long name, without dashes; undefined in a row of a command. */
  readonly flag: string | undefined;
  readonly short: string | undefined;
  /** It works, but help doesn't list it. */
  readonly hidden: boolean;
  readonly state: string;
  readonly note: string;
}

/** Reads the table of commands below `## Commands`, and the table of flags below each `## NAME`. */
export function readRows(text: string): Row[] {
  let command: string | undefined;
  return text.split("\n").flatMap((line, at): Row[] => {
    const heading = /^## (.*)$/.exec(line)?.[1];
    if (heading !== undefined) command = heading.replaceAll("`", "");
    if (command === undefined || !/^\| `/.test(line)) return [];
    const [name = "", state = "", note = ""] = line.split("|").slice(1).map((cell) => cell.trim());
    const words = [...name.matchAll(/`([^`]*)`/g)].map(([, word]) => word!);
    const common = { line: at + 1, state, note, hidden: name.endsWith("hidden") };
    if (command === "Commands") {
      return [{ ...common, command: words[0]!, flag: undefined, short: undefined }];
    }
    const long = words.find((word) => word.startsWith("--"))?.slice(2);
    const short = words.find((word) => /^-[^-]$/.test(word))?.slice(1);
    const of = command === "All commands" ? "" : command;
    return [{ ...common, command: of, flag: long ?? "", short }];
  });
}

/** The flags of every command of the program, by its path: `history ls`. */
async function programFlags(): Promise<Map<string, FlagSpecs>> {
  const found = new Map<string, FlagSpecs>([["", globalFlags]]);
  // The command that docker calls its plugin by has all commands below it again.
  const seen = new Set<readonly CommandEntry[]>();
  async function visit(entries: readonly CommandEntry[], before: string): Promise<void> {
    if (seen.has(entries)) return;
    seen.add(entries);
    for (const { name, load } of entries) {
      const path = `${before}${name}`;
      const { command } = await load();
      if (isCommand(command)) found.set(path, command.flags);
      await visit(command.commands ?? [], `${path} `);
    }
  }
  await visit(commands, "");
  return found;
}

function isCommand(command: Command | CommandGroup): command is Command {
  return "run" in command;
}

/** The document's mistakes, one line each. */
export async function compatibilityBreaches(root: string): Promise<string[]> {
  const rows = readRows(await Deno.readTextFile(`${root}/${path}`));
  const program = await programFlags();
  const breaches: string[] = [];
  const breach = (line: number, what: string) => void breaches.push(`${path}:${line}: ${what}`);
  for (const row of rows) {
    const { line, command, flag, short, state, note } = row;
    if (!states.includes(state as State)) {
      breach(line, `${state} is not one of ${states.join(", ")}`);
    }
    const tells = ["same", "added"].includes(state) || note !== "";
    if (!tells) breach(line, `${state}: say how, or why`);
    const flags = program.get(command);
    if (flag === undefined) {
      if ((state === "missing") === (flags !== undefined)) {
        breach(line, `${command} is ${flags ? "here" : "not here"}: ${state} is wrong`);
      }
      continue;
    }
    // A missing command's flags may have rows, too.
    if (flags === undefined) continue;
    const spec = Object.hasOwn(flags, flag) ? flags[flag] : undefined;
    if ((state === "missing") === (spec !== undefined)) {
      breach(line, `${command} ${spec ? "has" : "has no"} --${flag}: ${state} is wrong`);
    } else if (spec && (spec.short !== short || (spec.hidden ?? false) !== row.hidden)) {
      breach(line, `--${flag} of ${command} has another letter, or is hidden`);
    }
  }
  for (const [command, flags] of program) {
    const own = rows.filter((row) => row.command === command);
    if (command !== "" && !own.some(({ flag }) => flag === undefined)) {
      breach(1, `add ${command} to the table of commands`);
    }
    for (const [name, { short, hidden }] of Object.entries(flags)) {
      const count = own.filter(({ flag }) => flag === name).length;
      const cell = `${short ? `\`-${short}\`, ` : ""}\`--${name}\`${hidden ? ", hidden" : ""}`;
      if (count === 0) breach(1, `add below '## ${command || "All commands"}': | ${cell} | …`);
      if (count > 1) breach(1, `--${name} of ${command} has ${count} rows`);
    }
  }
  return breaches;
}
