import { formatSeconds } from "../base/units.ts";
import { cutToWidth } from "../base/width.ts";
import { CANCELLING } from "../cli/cancelling.ts";
import { type Colors, paint } from "./colors.ts";
import { chooseRows, type Row } from "./rows.ts";
import {
  clockOf,
  isCanceled,
  isCompleted,
  isFailed,
  isInternal,
  isStarted,
  type State,
  type VertexState,
} from "./state.ts";
import { addRows, addWarnings, align } from "./tty_rows.ts";

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
  /** The user has asked the build to end. */
  readonly cancelling?: boolean;
  /** Milliseconds that the last build of the same kind took; undefined if unknown. */
  readonly lastTime?: number | undefined;
  /**
   * The earlier frames. A frame reads and changes it; absent, frames are independent of each other.
   */
  readonly memory?: Memory;
}

/** As much of the earlier frames as keeps running steps in their place. */
export interface Memory {
  /** The steps that had rows. */
  readonly shown: Set<VertexState>;
  /** The rows of output of each step. */
  readonly logs: Map<VertexState, readonly string[]>;
  /** For each step that has ended, the running steps that stood below it then. */
  readonly below: Map<VertexState, readonly VertexState[]>;
}

export function newMemory(): Memory {
  return { shown: new Set(), logs: new Map(), below: new Map() };
}

/**
 * The lines of one frame: a header, one line for the finished internal and cached steps, and a line
 * for each other vertex with its duration. Below a vertex there is a line for each part with bytes
 * and rate, and the end of a running step's output. The last frame leaves failed steps out, because
 * they are printed below it with their output. Lines leave the terminal's last column free. Except
 * for the last frame, there are fewer lines than rows.
 */
export function frame(state: State, view: View): string[] {
  const { started } = state;
  const { memory, ending } = view;
  const running = started.flatMap((vertex, at) => isRunning(vertex) ? [{ vertex, at }] : []);
  const rows: Row[] = [];
  const folded: VertexState[] = [];
  for (const [at, vertex] of started.entries()) {
    const keepsPlace = memory !== undefined && !ending && isCompleted(vertex) &&
      holds(memory, vertex, () => running.filter((other) => other.at > at));
    if (folds(vertex) && !keepsPlace) {
      folded.push(vertex);
      addWarnings(rows, state, vertex, view);
    } else if (!ending || !isFailed(vertex)) {
      memory?.shown.add(vertex);
      addRows(rows, state, vertex, view, keepsPlace);
    }
  }
  const lines = [header(state, view)];
  if (folded.length > 0 && (view.ending || view.rows > 5)) lines.push(foldLine(folded, view));
  const room = view.ending ? Infinity : view.rows - 1 - lines.length;
  for (const line of chooseRows(rows, room)) lines.push(line);
  return lines;
}

function isRunning(vertex: VertexState): boolean {
  return isStarted(vertex) && !isCompleted(vertex);
}

/**
 * Whether a step that has ended must keep its rows: a step that stood below it then still runs, and
 * would move.
 */
function holds(
  { shown, below }: Memory,
  vertex: VertexState,
  runningBelow: () => readonly { readonly vertex: VertexState }[],
): boolean {
  if (!shown.has(vertex)) return false;
  let held = below.get(vertex);
  if (held === undefined) {
    held = runningBelow().map(({ vertex }) => vertex).filter((other) => shown.has(other));
    below.set(vertex, held);
  }
  return held.some(isRunning);
}

/** Whether a step is one of those that share a line. */
function folds(vertex: VertexState): boolean {
  if (!isCompleted(vertex) || isFailed(vertex) || isCanceled(vertex)) return false;
  return vertex.cached || isInternal(vertex);
}

/** ` => 3 internal steps done, 4 steps CACHED` */
function foldLine(folded: readonly VertexState[], { colors, columns }: View): string {
  const cached = folded.filter((vertex) => vertex.cached).length;
  const internal = folded.length - cached;
  const steps = (count: number, what: string) => `${count} ${what}step${count === 1 ? "" : "s"}`;
  const parts = [
    ...internal > 0 ? [`${steps(internal, "internal ")} done`] : [],
    ...cached > 0 ? [`${steps(cached, "")} CACHED`] : [],
  ];
  return paint(cutToWidth(` => ${parts.join(", ")}`, columns - 1), colors.run);
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
  const text = `[+] Building ${formatSeconds(elapsed)} (${completed}/${total}) `;
  if (view.ending) return align(text + view.ending, label, columns - 1);
  if (view.cancelling) {
    return align(text + CANCELLING, "", columns - 1);
  }
  const share = shareText(elapsed, view.lastTime);
  // The share goes where there is no room for it besides the label.
  const fits = text.length + share.length + label.length < columns - 1;
  return align(text + (fits ? share : ""), label, columns - 1);
}

/** `84% of the last 6.2s`: the time so far, as a share of the last build's. */
function shareText(elapsed: number, lastTime: number | undefined): string {
  if (lastTime === undefined || lastTime <= 0) return "";
  if (elapsed > lastTime) return `last time ${formatSeconds(lastTime)}`;
  return `${Math.floor(elapsed / lastTime * 100)}% of the last ${formatSeconds(lastTime)}`;
}
