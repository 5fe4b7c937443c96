/** The rows of a frame for one step: the step itself, its parts, its warnings and its output. */
import { displayText } from "../base/raw_bytes.ts";
import { formatAmount, formatBytes, formatSeconds } from "../base/units.ts";
import { cutToWidth, printable, textWidth } from "../base/width.ts";
import { paint } from "./colors.ts";
import type { Row } from "./rows.ts";
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
import type { View } from "./tty_frame.ts";
import { filesText, type Upload, uploadOf } from "./uploads.ts";

/** With fewer columns for the name, the right-hand columns are hidden. */
const MIN_NAME = 12;

/** The prefix of each row of a step's output. */
const LOG_PREFIX = " => => # ";

/**
 * Adds the rows of a step.
 * @param keepsPlace a running step is shown below: the output that was shown stays, so that the
 *   running step doesn't move
 */
export function addRows(
  rows: Row[],
  state: State,
  vertex: VertexState,
  view: View,
  keepsPlace: boolean,
): void {
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
  addWarnings(rows, state, vertex, view);
  addLog(rows, vertex, view, active, keepsPlace);
}

/** Adds each warning of a step once. The block below the last frame lists them all. */
export function addWarnings(rows: Row[], state: State, vertex: VertexState, view: View): void {
  if (view.ending) return;
  const time = vertex.spans.duration(clockOf(state, vertex.local, view.now));
  for (const warning of vertex.warnings.filter((warning) => state.warnings.includes(warning))) {
    rows.push({
      rank: "done",
      text: () => {
        const title = `WARN: ${new TextDecoder().decode(warning.short)}`;
        return paint(line(title, [], time, view.columns), view.colors.warning);
      },
    });
  }
}

/** The line of a failed step, which is printed above its output. */
export function failedLine(
  vertex: VertexState,
  { columns, colors }: Pick<View, "columns" | "colors">,
) {
  return paint(line(titleOf(vertex), [], vertex.spans.duration(0), columns), colors.error);
}

/** The last rows of a running step's output. Their number never shrinks while the step runs. */
function addLog(
  rows: Row[],
  vertex: VertexState,
  view: View,
  active: boolean,
  keepsPlace: boolean,
): void {
  const { memory, colors } = view;
  const before = memory?.logs.get(vertex) ?? [];
  if (!active && !keepsPlace || view.ending) return void memory?.logs.delete(vertex);
  if (!active) {
    if (before.length > 0) rows.push({ rank: "kept", lines: () => before });
    return;
  }
  if (!vertex.recent) return;
  const width = Math.max(6, view.columns - LOG_PREFIX.length - 1);
  rows.push({
    rank: "log",
    lines: () => {
      const lines = screenRows(displayText(vertex.recent), width, view.logRows)
        .map((text) => paint(cutToWidth(LOG_PREFIX + text, view.columns - 1), colors.log));
      while (lines.length < before.length) lines.push(LOG_PREFIX.trimEnd());
      memory?.logs.set(vertex, lines);
      return lines;
    },
  });
}

function titleOf(vertex: VertexState): string {
  const { name, cached } = vertex;
  const failed = isFailed(vertex) ? "ERROR " : isCanceled(vertex) ? "CANCELED " : "";
  return `${cached ? "CACHED " : ""}${failed}${name}`;
}

/**
 * `12 files  5.10MB / 20.00MB  1.31MB/s  12s left`, then shorter forms for less room. An upload's
 * bytes and their total are those that this side has counted.
 */
function amountsOf(status: StatusState, now: number, upload: Upload | undefined): string[] {
  const runs = status.completed === undefined;
  const counted = upload?.rate !== undefined || runs && upload?.total !== undefined;
  const current = counted ? upload!.bytes : status.current;
  // An archive is a little longer than its image.
  const whole = runs ? Math.max(upload?.total ?? 0, upload?.total ? current : 0) : 0;
  const total = counted ? whole : status.total;
  const amount = formatAmount(current, total);
  if (amount === "") return [];
  const rate = runs && upload?.rate ? upload.rate() : rateOf(status, now, current);
  const amounts = [amount];
  if (rate) amounts.unshift(`${amount}  ${formatBytes(Math.round(rate))}/s`);
  if (rate && runs && total > current) {
    amounts.unshift(`${amounts[0]}  ${leftText((total - current) / rate)} left`);
  }
  return upload?.files ? [`${filesText(upload)}  ${amounts[0]}`, ...amounts] : amounts;
}

/** Seconds as `8s`, `3m20s`, `2h05m`. */
function leftText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor(whole % 3600 / 60))}m`;
}

/**
 * Bytes a second: over the last seconds, or over the whole time of a finished part. undefined if
 * nothing moves, or too little time has passed.
 */
function rateOf(status: StatusState, now: number, current: number): number | undefined {
  let ms: number;
  let bytes = status.completed === undefined ? status.current : current;
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
 * ` => TITLE AMOUNT      1.2s`. It takes the first amount that leaves room for the whole title,
 * else the last one, else none. The narrowest terminal has room only for the title.
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
export function align(left: string, right: string, width: number): string {
  const gap = width - textWidth(left) - textWidth(right);
  if (gap >= 1) return `${left}${" ".repeat(gap)}${right}`;
  return cutToWidth(`${left} ${right}`, width);
}
