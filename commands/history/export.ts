import { errorText } from "../../base/error_text.ts";
import { openStore } from "../../builders/builder.ts";
import { formatPlatform, normalizePlatform } from "../../builders/platforms.ts";
import { platformOf } from "../../builders/status.ts";
import { defineCommand } from "../../cli/command.ts";
import type { Deps } from "../../cli/deps.ts";
import { type Nodes, type ReachedNode, reachNodes } from "../../cli/builders/reached_nodes.ts";
import { absolutePath } from "../../base/paths.ts";
import { UsageError } from "../../base/usage_error.ts";
import { warn } from "../../cli/warn.ts";
import { bundle } from "./export/bundle.ts";
import { readLocalGroup, readLocalState } from "./records/local_state.ts";
import {
  finalized,
  findRecord,
  type HistoryRecord,
  noRecord,
  queryRecords,
} from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF...]", min: 0, max: Infinity },
  flags: {
    all: { kind: "bool", summary: "Export all build records for the builder" },
    finalize: { kind: "bool", summary: "Ensure build records are finalized before exporting" },
    output: { kind: "string", short: "o", summary: "Output file path" },
  },
  async run({ deps, args, flags, global }) {
    if (flags.all && args.length > 0) {
      throw new UsageError("cannot specify refs when using --all");
    }
    if (flags.output === "" && deps.stdout.isTerminal) {
      throw new UsageError("refusing to write to console, use --output to specify a file");
    }
    const { signal } = deps;
    await using nodes = await reachNodes(deps, global);
    let found = flags.all ? await allRecords(nodes, signal) : await named(nodes, args, signal);
    nodes.warn(deps);
    if (flags.finalize) {
      found = await Promise.all(
        found.map(async (record) =>
          record.record.trace === undefined ? await finalized(record, signal) ?? record : record
        ),
      );
    }
    const store = openStore(deps.env);
    const platforms = new Map<ReachedNode, string>();
    for (const { at } of found) {
      if (!platforms.has(at)) platforms.set(at, await defaultPlatform(at, signal));
    }
    const bytes = bundle(
      found.map((record) => {
        const state = readLocalState(store, record);
        return {
          client: record.at.client,
          record: record.record,
          defaultPlatform: platforms.get(record.at)!,
          state,
          group: readLocalGroup(store, state),
        };
      }),
      { signal, warn: (text) => warn(deps, text) },
    );
    await write(bytes, flags.output, deps);
  },
});

async function allRecords(nodes: Nodes, signal: AbortSignal): Promise<HistoryRecord[]> {
  const records = await queryRecords(nodes, { completedOnly: true, limit: 0, signal });
  if (records.length > 0) return records;
  nodes.check();
  throw noRecord("");
}

async function named(
  nodes: Nodes,
  refs: readonly string[],
  signal: AbortSignal,
): Promise<HistoryRecord[]> {
  const wanted = refs.length > 0 ? refs : [""];
  const records: HistoryRecord[] = [];
  for (const ref of wanted) {
    records.push(await findRecord(nodes, ref, { completedOnly: true, signal }));
  }
  return records;
}

/** The platform of builds without `--platform`. */
async function defaultPlatform(
  { node, client }: ReachedNode,
  signal: AbortSignal,
): Promise<string> {
  const fixed = node.platforms?.[0];
  if (fixed !== undefined) return formatPlatform(fixed);
  const [worker] = await client.listWorkers({ signal });
  const first = worker?.platforms[0];
  return first === undefined ? "" : formatPlatform(normalizePlatform(platformOf(first)));
}

/** Writes gzipped bytes to a file, or to stdout. A file that is not finished is not left behind. */
async function write(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  output: string,
  { stdout, cwd }: Deps,
): Promise<void> {
  const zipped = ReadableStream.from(bytes).pipeThrough(new CompressionStream("gzip"));
  if (output === "") {
    for await (const chunk of zipped) await stdout.writeBytes(chunk);
    return;
  }
  const path = absolutePath(output, cwd);
  const file = await create(path, output);
  try {
    await zipped.pipeTo(file.writable);
  } catch (error) {
    if ((await Deno.stat(path)).isFile) await Deno.remove(path);
    throw error;
  }
}

async function create(path: string, output: string): Promise<Deno.FsFile> {
  try {
    return await Deno.create(path);
  } catch (cause) {
    const reason = errorText(cause);
    throw new UsageError(`failed to create output file ${JSON.stringify(output)}: ${reason}`);
  }
}
