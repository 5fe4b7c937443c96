import { checkResultPath, writeResult } from "../../builds/results/result.ts";
import { openStore } from "../../builders/builder.ts";
import { defineCommand } from "../../cli/command.ts";
import { palette } from "../../cli/colors.ts";
import { type Nodes, reachNodes } from "../../cli/builders/reached_nodes.ts";
import { compareRecorded } from "./diff/compare_files.ts";
import { diffText } from "./diff/diff_text.ts";
import { readBuild } from "./records/recorded_build.ts";
import { findRecord, type HistoryRecord, NoRecordError } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [A [B]]", min: 0, max: 2 },
  description: "Compare two builds: what ran again, why, and what it cost\n\n" +
    "Shows the steps that ran in one build and were cached in the other, with the input that changed:\n" +
    "an instruction, a file of the context, a base image or a build argument. A is the earlier build.\n" +
    "Without B, A is compared with the newest build; without both, the last two builds are compared.",
  flags: {
    html: { kind: "string", summary: 'Write a page to this file instead ("-" for stdout)' },
  },
  async run({ deps, args, flags, given, global }) {
    const toFile = flags.html !== "" && flags.html !== "-";
    if (toFile) checkResultPath(flags.html);
    await using nodes = await reachNodes(deps, global);
    const found = await findBoth(nodes, args, deps.signal);
    nodes.warn(deps);
    const context = { clock: deps.clock, signal: deps.signal, store: openStore(deps.env) };
    const read = (record: HistoryRecord) =>
      readBuild(
        nodes,
        record,
        context,
        () =>
          deps.stderr.write(
            `build ${record.record.Ref} is still running: it is compared when it ends\n`,
          ),
      );
    const builds = [await read(found[0]), await read(found[1])] as const;
    const comparison = await compareRecorded(...builds, deps.signal);
    if (given.has("html")) {
      const { diffPage } = await import("./diff/diff_page.ts");
      const page = diffPage(builds, comparison);
      if (toFile) writeResult(flags.html, page);
      else deps.stdout.write(page);
      return;
    }
    deps.stdout.write(diffText(builds, comparison, {
      columns: deps.stdout.isTerminal ? deps.stdout.size()?.columns : undefined,
      colors: palette(deps.stdout, deps.env),
    }));
  },
});

async function findBoth(
  nodes: Nodes,
  [a, b]: readonly string[],
  signal: AbortSignal,
): Promise<[HistoryRecord, HistoryRecord]> {
  const find = (ref: string) => findRecord(nodes, ref, { signal, completedOnly: ref === "" });
  if (a !== undefined && b !== undefined) return [await find(a), await find(b)];
  const newest = await find("");
  if (a !== undefined) {
    const named = await find(a);
    if (named.record.Ref !== newest.record.Ref) return [named, newest];
  }
  try {
    return [await findRecord(nodes, "^1", { signal, completedOnly: true }), newest];
  } catch (cause) {
    if (!(cause instanceof NoRecordError)) throw cause;
    throw new NoRecordError("there is only one build to compare", { cause });
  }
}
