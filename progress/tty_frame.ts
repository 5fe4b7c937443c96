import { displayText } from "../base/raw_bytes.ts";
import { type Colors, paint } from "./colors.ts";
import { chooseRows, type Row } from "./rows.ts";
import { screenRows } from "./screen.ts";
import {
  clockOf,
  isCanceled,
  isCompleted,
  isFailed,
  isStarted,
  type State,
  type StatusState,
  type VertexState,
} from "./state.ts";
import { formatAmount, formatBytes, formatSeconds } from "../base/units.ts";
import { filesText, type Upload, uploadOf } from "./uploads.ts";
import { cutToWidth, printable, textWidth } from "../base/width.ts";

/** The inputs of a frame besides the state. */
export interface View {
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since 1970, our clock. */
  readonly now: number;
  readonly colors: Colors;
  /** Rows for the output of a running step. */
  readonly logRows: number;
  /** `remote:NAME`, at the right end of the first line. */
  readonly label: string;
  /** Set for the last frame, which shows all rows and the outcome of the build. */
  readonly ending?: "FINISHED" | "ERROR" | "CANCELED";
}

/** With fewer columns for the name, the right-hand columns are hidden. */
const MIN_NAME = 12;

/** The prefix of each row of a step's output. */
const LOG_PREFIX = " => => # ";

/**
 * The lines of one frame: a header, and a line for each vertex with its duration. Below a vertex there
 * is a line for each part with bytes and rate, and the end of a running step's output. Lines leave the
 * terminal's last column free. Except for the last frame, there are fewer lines than rows.
 */
export function frame(state: State, view: View): string[] {
  const rows: Row[] = [];
  for (const vertex of state.started) addRows(rows, state, vertex, view);
  const room = view.ending ? Infinity : view.rows - 2;
  const lines = [header(state, view)];
  for (const line of chooseRows(rows, room)) lines.push(line);
  return lines;
}

function header(state: State, view: View): string {
  const { now, label, columns } = view;
  const seen = new Set(state.byDigest.values());
  let total = 0;
  let completed = 0;
  for (const vertex of seen) {
    if (vertex.hidden) continue;
    total++;
    if (isCompleted(vertex)) completed++;
  }
  const { first } = state;
  const elapsed = first ? Math.max(0, clockOf(state, first.local, now) - first.at) : 0;
  const text = `[+] Building ${formatSeconds(elapsed)} (${completed}/${total}) ${
    view.ending ?? ""
  }`;
  return align(text, label, columns - 1);
}

function addRows(rows: Row[], state: State, vertex: VertexState, view: View): void {
  const { colors } = view;
  const now = clockOf(state, vertex.local, view.now);
  const done = isCompleted(vertex);
  const active = isStarted(vertex) && !done;
  const time = vertex.spans.duration(now);
  const color = isFailed(vertex) ? colors.error : isCanceled(vertex) ? colors.cancel : colors.run;
  rows.push({
    rank: active ? "running" : isFailed(vertex) ? "failed" : "done",
    text: () => paint(line(titleOf(vertex), [], time, view.columns), done ? color : ""),
  });
  for (const status of vertex.statuses) {
    const complete = status.completed !== undefined;
    const took = (status.completed ?? now) - (status.started ?? now);
    rows.push({
      rank: active && !complete ? "part" : "done",
      text: () => {
        const amounts = amountsOf(status, now, uploadOf(state, vertex, status));
        const text = line(`=> ${status.id}`, amounts, took, view.columns);
        return paint(text, complete ? colors.run : "");
      },
    });
  }
  for (const { short } of vertex.warnings) {
    rows.push({
      rank: "done",
      text: () => {
        const title = `WARN: ${new TextDecoder().decode(short)}`;
        return paint(line(title, [], time, view.columns), colors.warning);
      },
    });
  }
  if (!active || !vertex.recent) return;
  const width = Math.max(6, view.columns - LOG_PREFIX.length - 1);
  rows.push({
    rank: "log",
    lines: () =>
      screenRows(displayText(vertex.recent), width, view.logRows)
        .map((text) => paint(cutToWidth(LOG_PREFIX + text, view.columns - 1), colors.log)),
  });
}

function titleOf(vertex: VertexState): string {
  const { name, cached } = vertex;
  const failed = isFailed(vertex) ? "ERROR " : isCanceled(vertex) ? "CANCELED " : "";
  return `${cached ? "CACHED " : ""}${failed}${name}`;
}

/** `12 files  5.10MB / 20.00MB  1.31MB/s`, then shorter forms for less room. */
function amountsOf(status: StatusState, now: number, upload: Upload | undefined): string[] {
  const amount = formatAmount(status.current, status.total);
  if (amount === "") return [];
  const rate = rateOf(status, now);
  const amounts = rate ? [`${amount}  ${formatBytes(Math.round(rate))}/s`, amount] : [amount];
  return upload?.files ? [`${filesText(upload)}  ${amounts[0]}`, ...amounts] : amounts;
}

/**
 * Bytes a second: over the last seconds, or over the whole time of a finished part. undefined if nothing
 * moves, or too little time has passed.
 */
function rateOf(status: StatusState, now: number): number | undefined {
  let ms: number;
  let bytes = status.current;
  if (status.completed !== undefined) {
    ms = status.completed - (status.started ?? status.completed);
  } else {
    const [oldest] = status.samples;
    if (!oldest) return undefined;
    bytes -= oldest.current;
    ms = Math.max(now, status.timestamp) - oldest.at;
  }
  return ms >= 500 && bytes > 0 ? bytes / ms * 1000 : undefined;
}

/**
 * ` => TITLE AMOUNT      1.2s`. It takes the first amount that leaves room for the whole title, else the
 * last one, else none. The narrowest terminal has room only for the title.
 */
function line(title: string, amounts: string[], ms: number, columns: number): string {
  // No terminal shows more of a name; measuring all of a huge one would take long.
  const name = printable(title.slice(0, 4096));
  const time = formatSeconds(ms < 50 ? 0 : ms);
  const room = columns - 1 - " => ".length - time.length - 1;
  if (room < MIN_NAME) return cutToWidth(` => ${name}`, columns - 1);
  const left = (amount: string) => room - amount.length - 1;
  const amount = amounts.find((amount) => left(amount) >= textWidth(name)) ??
    amounts.findLast((amount) => left(amount) >= MIN_NAME);
  const text = amount === undefined
    ? cutToWidth(name, room)
    : `${cutToWidth(name, left(amount))} ${amount}`;
  return align(` => ${text}`, time, columns - 1);
}

/** `left` and `right` at the ends of `width` columns. */
function align(left: string, right: string, width: number): string {
  const gap = width - textWidth(left) - textWidth(right);
  if (gap >= 1) return `${left}${" ".repeat(gap)}${right}`;
  return cutToWidth(`${left} ${right}`, width);
}
