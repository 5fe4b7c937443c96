import type { LogPieces } from "./log_tail.ts";
import {
  type Changes,
  isCanceled,
  isCompleted,
  isStarted,
  type State,
  type StatusState,
  type VertexState,
} from "./state.ts";
import { formatAmount, formatSeconds } from "../base/units.ts";
import { printable } from "../base/width.ts";
import { sentText, uploadOf } from "./uploads.ts";

/**
 * BuildKit's plain text, for CI logs. People and programs read it, so its lines equal buildx's to
 * the byte.
 *
 * Vertexes run side by side, but lines of one are kept together: output sticks to the current
 * vertex, `#N ...` and an empty line mark a switch. A vertex that ended is shown at once. Among
 * running ones the current keeps its place for at least 5 s, and longer the larger its share of the
 * traffic. No output is held back for more than 10 s, or (only here) for more than 256 K
 * characters.
 */
export interface Plain {
  /** Takes the changes of a message; `print` shows them later. */
  collect(changes: Changes, now: number): void;
  /** The text that is due at `now` (ms); empty if none. */
  print(now: number): string;
  /** Whether `print` has still to show something. */
  pending(): boolean;
  /** A line of our own between the build's. */
  note(text: string): string;
}

interface Entry {
  readonly vertex: VertexState;
  /** The number before its lines; 0 until it is first printed. */
  index: number;
  logs: LogPieces[];
  logSize: number;
  readonly changed: Set<StatusState>;
  warned: number;
  /** The unfinished line with its stamp; empty if there is none. */
  line: string;
  /** `line` has been printed, and the cursor is at its end. */
  shown: boolean;
  /** The number of events since another vertex was printed, and the time of the first of them. */
  count: number;
  blockedAt: number;
}

const ANTI_FLICKER = 5_000;
const MAX_DELAY = 10_000;
const MIN_STATUS_DELAY = 5_000;
const MIN_STATUS_PROGRESS = 0.05;
/** Milliseconds after which a transfer's files and rate get a line. */
const LONG_UPLOAD = 1_000;
const MAX_HELD_BACK = 256 * 1024;
/** The characters of an unfinished line that are repeated when its vertex is printed again. */
const MAX_OPEN_LINE = 16 * 1024;

/**
 * @param options.title printed as vertex #0 before the first line; empty for none.
 * @param options.truncate cut names to 72 bytes (PROGRESS_NO_TRUNC=0).
 * @param options.isTerminal control characters in names become spaces; elsewhere the bytes are
 * buildx's
 */
export function plainPrinter(
  state: State,
  options: { title: string; truncate: boolean; isTerminal?: boolean },
): Plain {
  const entries = new Map<VertexState, Entry>();
  const updated = new Set<Entry>();
  // The key is the ID without the vertex, as in buildx: two steps that transfer a context share it.
  const lastStatus = new Map<string, { current: number; timestamp: number }>();
  let current: Entry | undefined;
  let begun = false;
  let indexes = 0;
  let text = "";

  /** Keeps a daemon from writing lines that look like ours. */
  function oneLine(line: string): string {
    return options.isTerminal ? printable(line) : line;
  }

  function entryOf(vertex: VertexState): Entry {
    let entry = entries.get(vertex);
    if (!entry) {
      entry = {
        vertex,
        index: 0,
        logs: [],
        logSize: 0,
        changed: new Set(),
        warned: 0,
        line: "",
        shown: false,
        count: 0,
        blockedAt: 0,
      };
      entries.set(vertex, entry);
    }
    return entry;
  }

  function touch(vertex: VertexState, now: number): Entry {
    const entry = entryOf(vertex);
    if (entry.count++ === 0) entry.blockedAt = now;
    return entry;
  }

  function collect(changes: Changes, now: number): void {
    for (const vertex of changes.vertexes) updated.add(touch(vertex, now));
    for (const { vertex, status } of changes.statuses) {
      const entry = touch(vertex, now);
      entry.changed.add(status);
      updated.add(entry);
    }
    for (const { vertex } of changes.warnings) touch(vertex, now);
    for (const { vertex, log } of changes.logs) {
      const entry = touch(vertex, now);
      entry.logs.push(log);
      for (const piece of log.pieces) entry.logSize += piece.length;
      updated.add(entry);
    }
  }

  function print(now: number): string {
    schedule(now);
    const due = text;
    text = "";
    return due;
  }

  /** Prints the entries that are due now. */
  function schedule(now: number): void {
    const ended: Entry[] = [];
    let beforeEnded = false;
    const running = new Set<Entry>();
    const before = current;
    for (const entry of updated) {
      if (entry.vertex.hidden) continue;
      if (!isCompleted(entry.vertex)) running.add(entry);
      else if (entry === before) beforeEnded = true;
      else ended.push(entry);
    }
    if (before && beforeEnded) printEntry(before);
    ended.sort((a, b) => stopOf(a) - stopOf(b));
    for (const entry of ended) printEntry(entry);

    if (running.size === 0) {
      if (before && isStarted(before.vertex) && !isCompleted(before.vertex)) return;
      const open = state.started.find((vertex) => isStarted(vertex) && !isCompleted(vertex));
      if (open) printEntry(entryOf(open));
      return;
    }
    if (before && running.has(before)) printEntry(before);
    else if (before && !beforeEnded) running.add(before);
    for (const entry of running) {
      if (entry !== before && entry.logSize > MAX_HELD_BACK) printEntry(entry);
    }
    const next = successor(running, before, now);
    if (next && (!before || beforeEnded || mustYield(running, before, next, now))) {
      printEntry(next);
    }
  }

  /** The next entry to print: one that has waited too long, else the busiest. */
  function successor(running: Set<Entry>, before: Entry | undefined, now: number) {
    let best: Entry | undefined;
    for (const entry of running) {
      if (entry !== before && now - entry.blockedAt > MAX_DELAY) return entry;
      if (!best || speed(entry, now) > speed(best, now)) best = entry;
    }
    return best;
  }

  function mustYield(running: Set<Entry>, before: Entry, next: Entry, now: number): boolean {
    if (next !== before && now - next.blockedAt > MAX_DELAY) return true;
    let total = 0;
    for (const entry of running) total += speed(entry, now);
    const share = total > 0 ? speed(before, now) / total : 0;
    return ANTI_FLICKER / (1 - share) < now - before.blockedAt;
  }

  function printEntry(entry: Entry): void {
    const { vertex } = entry;
    if (entry.index === 0) entry.index = ++indexes;
    if (entry !== current) {
      if (current) {
        breakLine(current);
        current.count = 0;
        text += `#${current.index} ...\n`;
      }
      if (begun) text += "\n";
      else if (options.title) text += `#0 ${options.title}\n\n`;
      begun = true;
      const name = oneLine(vertex.name);
      text += `#${entry.index} ${options.truncate ? truncate(name) : name}\n`;
    }
    const openStatus = printStatuses(entry);
    for (; entry.warned < vertex.warnings.length; entry.warned++) {
      const short = new TextDecoder().decode(vertex.warnings[entry.warned]?.short);
      breakLine(entry);
      text += `#${entry.index} WARN: ${oneLine(short)}\n`;
    }
    for (const log of entry.logs) printLog(entry, log);
    entry.logs = [];
    entry.logSize = 0;
    current = entry;
    // Layers may still be on their way after their vertex ended.
    if (isCompleted(vertex) && !openStatus) {
      breakLine(entry);
      current = undefined;
      entry.count = 0;
      text += `#${entry.index} ${oneLine(outcome(vertex))}\n`;
    }
    updated.delete(entry);
  }

  /** Prints the changed statuses. Returns whether one of them is unfinished. */
  function printStatuses(entry: Entry): boolean {
    let open = false;
    for (const status of entry.vertex.statuses) {
      if (!entry.changed.has(status)) continue;
      const { id, current, total, timestamp, completed, started } = status;
      const last = lastStatus.get(id);
      if (last && completed === undefined) {
        const progress = total > 0 ? (current - last.current) / total : 0;
        const recent = timestamp - last.timestamp < MIN_STATUS_DELAY;
        if (progress < MIN_STATUS_PROGRESS && recent) continue;
      }
      lastStatus.set(id, { current, timestamp });
      const amount = formatAmount(current, total);
      const took = (completed ?? timestamp) - (started ?? Infinity);
      breakLine(entry);
      const name = oneLine(id);
      text += `#${entry.index} ${name}${amount && ` ${amount}`}`;
      if (took > 10) text += ` ${formatSeconds(took)}`;
      text += completed === undefined ? "\n" : " done\n";
      // buildx lacks this line, so it is for people at a terminal alone, and for long uploads.
      const upload = options.isTerminal && took > LONG_UPLOAD && completed !== undefined &&
        uploadOf(state, entry.vertex, status);
      if (upload && upload.files > 0) {
        text += `#${entry.index} ${name} sent ${sentText(upload, took)}\n`;
      }
      if (completed === undefined) open = true;
    }
    entry.changed.clear();
    return open;
  }

  function printLog(entry: Entry, log: LogPieces): void {
    const prefix = `#${entry.index} `;
    let { pieces } = log;
    if (log.continues && entry.line !== "") {
      const [rest = ""] = pieces;
      text += entry.shown ? rest : prefix + entry.line.slice(-MAX_OPEN_LINE) + rest;
      entry.line += rest;
      // The line is cut seldom, because cutting copies it.
      if (entry.line.length > 2 * MAX_OPEN_LINE) entry.line = entry.line.slice(-MAX_OPEN_LINE);
      if (pieces.length > 1 || !log.open) text += "\n";
      pieces = pieces.slice(1);
    }
    if (pieces.length > 0) {
      const start = `${prefix}${log.stamp} `;
      text += start + pieces.join("\n" + start);
      if (!log.open) text += "\n";
      entry.line = `${log.stamp} ${pieces.at(-1)}`.slice(-MAX_OPEN_LINE);
    }
    if (!log.open) entry.line = "";
    entry.shown = log.open;
  }

  function breakLine(entry: Entry): void {
    if (entry.shown) text += "\n";
    entry.shown = false;
  }

  return {
    collect,
    print,
    pending: () => [...updated].some((entry) => !entry.vertex.hidden),
    note: (line) => {
      if (current) breakLine(current);
      const due = `${text}${line}\n`;
      text = "";
      return due;
    },
  };
}

function outcome(vertex: VertexState): string {
  if (isCanceled(vertex)) return "CANCELED";
  if (vertex.error) return `ERROR: ${vertex.error}`;
  if (vertex.cached) return "CACHED";
  return `DONE ${formatSeconds(vertex.spans.duration(0))}`;
}

function stopOf(entry: Entry): number {
  return entry.vertex.spans.last()?.stop ?? Infinity;
}

/** Events a second since another vertex was printed. */
function speed(entry: Entry, now: number): number {
  return entry.count / Math.max(now - entry.blockedAt, 1);
}

function truncate(name: string): string {
  return name.length > 72 ? `${name.slice(0, 72)}...` : name;
}
