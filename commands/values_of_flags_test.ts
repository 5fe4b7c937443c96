import { deepEqual, equal, ok } from "node:assert/strict";
import type { CommandEntry } from "../cli/command.ts";
import { parseFlags, wantsValue } from "../cli/flags/parse.ts";
import { type FlagSpecs, globalFlags, helpFlag } from "../cli/flags/spec.ts";
import { FlagError } from "../base/usage_error.ts";
import { commands } from "./list.ts";

/** Every command with its flags, and the global ones. */
async function* leaves(
  entries: readonly CommandEntry[],
  before = "",
  seen = new Set<unknown>(),
): AsyncGenerator<readonly [path: string, specs: FlagSpecs]> {
  // `fairlead buildx` has all commands, itself among them.
  if (seen.has(entries)) return;
  seen.add(entries);
  for (const { name, load } of entries) {
    const { command } = await load();
    const path = `${before}${name}`;
    if ("run" in command) yield [path, { ...globalFlags, ...helpFlag, ...command.flags }];
    yield* leaves(command.commands ?? [], `${path} `, seen);
  }
}

Deno.test("no command reads the value of a flag as a flag", async () => {
  let count = 0;
  for await (const [path, specs] of leaves(commands)) {
    for (const [name, spec] of Object.entries(specs)) {
      if (!wantsValue(spec)) continue;
      for (const value of ["--debug", "-D", "--help", "--", "--builder=x"]) {
        count++;
        const shown = `${path} --${name} ${value}`;
        try {
          const { given, args, occurrences } = parseFlags(
            specs,
            [`--${name}`, value, "x"],
            () => "",
          );
          deepEqual(occurrences, [{ name, value }], shown);
          deepEqual([...given], [spec.sets ?? name], shown);
          deepEqual(args, ["x"], shown);
        } catch (error) {
          // It was a value all the same, of the wrong kind: `--timeout --debug`.
          ok(error instanceof FlagError, shown);
          equal(error.message.startsWith(`invalid argument ${JSON.stringify(value)} for `), true);
        }
      }
    }
  }
  ok(count > 500, `only ${count} cases`);
});
