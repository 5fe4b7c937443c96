import { openStore } from "../../builders/builder.ts";
import { ago } from "../du/usage_record.ts";
import { type Detail, showRows } from "../../cli/show_rows.ts";
import { defineCommand } from "../../cli/command.ts";
import { type Format, parseFormat } from "../../cli/format.ts";
import { goJsonValue } from "../../base/go/json.ts";
import { type Moment, rfc3339 } from "../../base/go/time.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { desktopUrl } from "./records/desktop.ts";
import { parseHistoryFilter } from "./records/filters.ts";
import { remoteUrl } from "./records/git_remote.ts";
import { readLocalState } from "./records/local_state.ts";
import { displayName, failureText, resultText } from "./records/display_name.ts";
import { buildName } from "./records/build_name.ts";
import {
  createdAt,
  durationText,
  elapsed,
  fullRef,
  type HistoryRecord,
  queryRecords,
} from "./records/records.ts";

const table = "table {{.Ref}}\t{{.Name}}\t{{.Status}}\t{{.CreatedAt}}\t{{.Duration}}\t{{.Link}}";

const headers = {
  Ref: "BUILD ID",
  Name: "NAME",
  Status: "STATUS",
  CreatedAt: "CREATED AT",
  Duration: "DURATION",
  Link: "",
};

export const command = defineCommand({
  args: { usage: "[OPTIONS]", min: 0, max: 0 },
  flags: {
    filter: { kind: "array", summary: 'Provide filter values (e.g., "status=error")' },
    format: { kind: "string", default: "table", summary: "Format the output" },
    local: { kind: "bool", summary: "List records for current repository only" },
    "no-trunc": { kind: "bool", summary: "Don't truncate output" },
  },
  async run({ deps, flags, global }) {
    const format = parseFormat(flags.format, table, headers);
    const now = deps.clock.now();
    const texts = [
      ...flags.local ? [`repository=${remoteUrl(deps.cwd)}`] : [],
      ...flags.filter,
    ];
    const filters = texts.map((text) => parseHistoryFilter(text, now));
    const store = openStore(deps.env);
    await using nodes = await reachNodes(deps, global);
    const records = await queryRecords(nodes, { filters, signal: deps.signal });
    const columns = format.isTable ? deps.stdout.size()?.columns : undefined;
    const isNarrow = flags.format === "table" && columns !== undefined && columns < NARROW;
    const names = new Map<HistoryRecord, string>();
    const rows = records.sort(runningFirst).map((record) => {
      const state = readLocalState(store, record);
      // buildx has no BUILDKIT_HOST, so no script expects its empty name there.
      const name = deps.stdout.isTerminal || nodes.builder.origin === "BUILDKIT_HOST"
        ? displayName(record.record, state)
        : buildName(record.record.FrontendAttrs, state);
      names.set(record, name);
      return rowOf(record, isNarrow ? "" : name, {
        format,
        now,
        trunc: !flags["no-trunc"],
        terminal: deps.stdout.isTerminal,
      });
    });
    const failure = nodes.failure();
    if (rows.length > 0 || failure === undefined) {
      const details = records.map((record) =>
        isNarrow ? namedDetail(names.get(record)!, detailOf(record)) : detailOf(record)
      );
      await showRows(deps, format, rows, flags.format === "table" ? details : []);
    }
    if (failure !== undefined) throw failure;
  },
});

/** A terminal with fewer columns has the names in the lines below the rows. */
const NARROW = 60;

function namedDetail(name: string, detail: Detail | undefined): Detail {
  if (detail === undefined) return { text: name, isBad: false };
  return { text: `${name}${detail.isBad ? ": " : " "}${detail.text}`, isBad: detail.isBad };
}

/** The reason of a failure, or the result that has left the cache. */
function detailOf({ record }: HistoryRecord): Detail | undefined {
  if (record.error !== undefined) return { text: failureText(record.error.message), isBad: true };
  const result = resultText(record);
  return result === "" ? undefined : { text: `→ ${result}`, isBad: false };
}

/** Builds that run now, then the others; the newest first. */
function runningFirst({ record: a }: HistoryRecord, { record: b }: HistoryRecord): number {
  const [aRuns, bRuns] = [a.CompletedAt === undefined, b.CompletedAt === undefined];
  if (aRuns !== bRuns) return aRuns ? -1 : 1;
  return Number(createdAt(b) - createdAt(a));
}

interface RowOptions {
  readonly format: Format;
  readonly now: number;
  readonly trunc: boolean;
  readonly terminal: boolean;
}

/** The value that `--format` gets; `json` has its own keys. */
function rowOf(found: HistoryRecord, name: string, options: RowOptions): object {
  const { record } = found;
  const { isTable } = options.format;
  const created: Moment = record.CreatedAt ?? { seconds: 0n, nanos: 0 };
  const status = record.CompletedAt === undefined
    ? "Running"
    : record.error === undefined
    ? "Completed"
    : "Error";
  const duration = elapsed(found);
  const more = record.CompletedAt === undefined ? "+" : "";
  const url = desktopUrl(found);
  return {
    Ref: record.Ref,
    FullRef: fullRef(found),
    Name: options.trunc && isTable ? cutBeginning(name, 36) : name,
    Status: status,
    CreatedAt: ago(created, options.now),
    Duration: duration === undefined ? "" : durationText(duration) + more,
    // The whole reference is a link that a terminal can show as a word.
    Link: !isTable ? url : options.terminal ? `\x1b]8;;${url}\x1b\\Open\x1b]8;;\x1b\\` : "",
    toJSON: () =>
      goJsonValue({
        cached_steps: record.numCachedSteps,
        ...record.CompletedAt !== undefined && { completed_at: rfc3339(record.CompletedAt) },
        completed_steps: record.numCompletedSteps,
        created_at: rfc3339(created),
        name,
        ref: fullRef(found),
        status,
        total_steps: record.numTotalSteps,
      }),
  };
}

/** The end of a text, in bytes as buildx counts; a character that is cut in two goes as a whole. */
function cutBeginning(text: string, limit: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= limit) return text;
  let from = bytes.length - limit + 2;
  while ((bytes[from]! & 0xc0) === 0x80) from++;
  return `..${new TextDecoder().decode(bytes.subarray(from))}`;
}
