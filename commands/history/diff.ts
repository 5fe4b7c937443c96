import { checkResultPath, writeResult } from "../../builds/results/result.ts";
import { openStore } from "../../builders/builder.ts";
import { UsageError } from "../../base/usage_error.ts";
import { defineCommand } from "../../cli/command.ts";
import { isJsonFormat, textOrJson } from "../../cli/flags/common.ts";
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
    "Without B, A is compared with the newest build; without both, the last two builds are compared.\n" +
    "A and B may be of different builders: BUILDER/REF, or BUILDER/^1 for the build before its newest.",
  flags: {
    ...textOrJson,
    html: { kind: "string", summary: 'Write a page to this file instead ("-" for stdout)' },
  },
  async run({ deps, args, flags, given, global }) {
    const isJson = isJsonFormat(flags.format);
    if (isJson && given.has("html")) {
      throw new UsageError("--html and --format json can't be used together");
    }
    const toFile = flags.html !== "" && flags.html !== "-";
    if (toFile) checkResultPath(flags.html);
    await using reached = new AsyncDisposableStack();
    const known = new Map<string, Promise<Nodes>>();
    const nodesOf = (builder: string) =>
      known.getOrInsertComputed(builder, async () => {
        return reached.use(
          await reachNodes(deps, builder === "" ? global : { ...global, builder }),
        );
      });
    const found = await findBoth(args.map(placeOf), nodesOf, deps.signal);
    for (const { nodes } of found) nodes.warn(deps);
    const context = { clock: deps.clock, signal: deps.signal, store: openStore(deps.env) };
    const read = ({ nodes, record }: Found) =>
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
    if (isJson) {
      const { diffJson } = await import("./diff/diff_json.ts");
      deps.stdout.write(diffJson(builds, comparison));
      return;
    }
    deps.stdout.write(diffText(builds, comparison, {
      columns: deps.stdout.isTerminal ? deps.stdout.size()?.columns : undefined,
      colors: palette(deps.stdout, deps.env),
    }));
  },
});

/** A record, and the nodes of its builder. */
interface Found {
  readonly nodes: Nodes;
  readonly record: HistoryRecord;
}

/**
 * The parts of `REF`, `BUILDER/REF` or `BUILDER/NODE/REF`; the builder is empty for the chosen one.
 */
function placeOf(text: string): { readonly builder: string; readonly ref: string } {
  const parts = text.split("/");
  return { builder: parts.length > 1 ? parts[0]! : "", ref: parts.at(-1)! };
}

async function findBoth(
  [a, b]: readonly ReturnType<typeof placeOf>[],
  nodesOf: (builder: string) => Promise<Nodes>,
  signal: AbortSignal,
): Promise<[Found, Found]> {
  const find = async ({ builder, ref } = { builder: "", ref: "" }): Promise<Found> => {
    const nodes = await nodesOf(builder);
    const query = { signal, completedOnly: ref === "", countsBuilds: true };
    return { nodes, record: await findRecord(nodes, ref, query) };
  };
  if (a !== undefined && b !== undefined) return [await find(a), await find(b)];
  const builder = a?.builder ?? "";
  const newest = await find({ builder, ref: "" });
  if (a !== undefined) {
    const named = await find(a);
    if (named.record.record.Ref !== newest.record.record.Ref) return [named, newest];
  }
  try {
    const { nodes } = newest;
    return [
      {
        nodes,
        record: await findRecord(nodes, "^1", { signal, completedOnly: true, countsBuilds: true }),
      },
      newest,
    ];
  } catch (cause) {
    if (!(cause instanceof NoRecordError)) throw cause;
    throw new NoRecordError("there is only one build to compare", { cause });
  }
}
