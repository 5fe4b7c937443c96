import type {
  StatusResponse,
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../proto/gen/control.ts";
import type { Timestamp } from "../proto/gen/google/protobuf/timestamp.ts";
import { milliseconds } from "../base/go/time.ts";
import { textOfBytes } from "../base/raw_bytes.ts";
import { appendTail, emptyTail, logStamp, splitLog } from "./log_tail.ts";
import { Spans } from "./spans.ts";
import {
  type Changes,
  type GroupMembers,
  isCompleted,
  isFailed,
  isStarted,
  type State,
  type VertexState,
} from "./state.ts";
import { isTransfer, noteTransfer, RATE_WINDOW } from "./uploads.ts";

/**
 * Applies a message of the Status stream to the state. Each message is partial: a vertex replaces
 * the one with the same digest, and a status the one with the same vertex and ID. Logs are
 * appended, and warnings are collected. Parts of a vertex that was never announced are ignored.
 *
 * @param at when the message came, ms of our clock.
 * @param local the message is about our own vertexes.
 * @returns the changes, for renderers that print changes instead of repainting everything.
 */
export function applyStatus(
  state: State,
  message: StatusResponse,
  at: number,
  local = false,
): Changes {
  const changes: Changes = { vertexes: new Set(), statuses: [], warnings: [], logs: [] };
  for (const vertex of message.vertexes) {
    const started = toMs(vertex.started);
    if (started !== undefined) state.first ??= { at: started, local };
    if (vertex.progressGroup) applyMember(state, vertex, changes);
    else applyVertex(state, vertex, local, changes);
  }
  for (const status of message.statuses) applyProgress(state, status, changes);
  for (const warning of message.warnings) applyWarning(state, warning, changes);
  for (const log of message.logs) applyLog(state, log, changes);
  if (!local) {
    const newest = newestTime(message);
    if (newest !== undefined) state.skew = Math.min(state.skew ?? Infinity, at - newest);
  }
  return changes;
}

/** Milliseconds since 1970. */
function toMs(time: Timestamp | undefined): number | undefined {
  return time && milliseconds(time);
}

function newVertex(digest: string, local: boolean, members?: GroupMembers): VertexState {
  return {
    digest,
    name: "",
    cached: false,
    error: "",
    local,
    spans: new Spans(),
    statuses: [],
    statusById: new Map(),
    warnings: [],
    tail: emptyTail(),
    recent: "",
    openLine: false,
    members,
    hidden: members !== undefined,
  };
}

function applyVertex(state: State, message: Vertex, local: boolean, changes: Changes): void {
  let vertex = state.byDigest.get(message.digest);
  if (!vertex) {
    vertex = newVertex(message.digest, local);
    state.byDigest.set(message.digest, vertex);
  }
  const start = toMs(message.started);
  const wasStarted = isStarted(vertex);
  // A vertex is announced again when another step needs it; its state stays.
  if (start === undefined && wasStarted) return;
  const stop = toMs(message.completed);
  if (
    start !== undefined &&
    (vertex.spans.set(start, stop) || vertex.name !== message.name ||
      vertex.cached !== message.cached || vertex.error !== message.error)
  ) {
    changes.vertexes.add(vertex);
  }
  vertex.name = message.name;
  vertex.cached = message.cached;
  vertex.error = message.error;
  if (start !== undefined && !wasStarted) state.started.push(vertex);
  if (isCompleted(vertex)) endLog(vertex);
}

/**
 * A member of a progress group. The group is shown as one vertex: it is cached if all members are,
 * and its error is that of the first member that failed.
 */
function applyMember(state: State, message: Vertex, changes: Changes): void {
  const { id = "", name = "", weak } = message.progressGroup ?? {};
  let group = state.byDigest.get(id);
  if (!group) {
    group = newVertex(id, false, { byDigest: new Map(), uncached: 0, failed: new Set() });
    group.name = name;
    state.byDigest.set(id, group);
  }
  state.byDigest.set(message.digest, group);
  const { members } = group;
  // The ID is the digest of an ordinary vertex, so there is no group.
  if (members === undefined) return;
  const before = members.byDigest.get(message.digest);
  members.byDigest.set(message.digest, message);
  members.uncached += Number(!message.cached) - Number(before !== undefined && !before.cached);
  if (message.error) members.failed.add(message.digest);
  else members.failed.delete(message.digest);
  const [failed = ""] = members.failed;
  const error = members.byDigest.get(failed)?.error ?? "";
  const cached = members.uncached === 0;
  const wasListed = isListed(group);
  const start = toMs(message.started);
  let changed = start !== undefined && group.spans.set(start, toMs(message.completed));
  if (error || start !== undefined && !weak) group.hidden = false;
  changed ||= cached !== group.cached || error !== group.error;
  group.cached = cached;
  group.error = error;
  if (!isListed(group)) return;
  if (!wasListed) state.started.push(group);
  if (changed || !wasListed) changes.vertexes.add(group);
}

/** Whether a group is shown: it has started, and isn't hidden. */
function isListed(group: VertexState): boolean {
  return !group.hidden && isStarted(group);
}

function applyProgress(state: State, message: VertexStatus, changes: Changes): void {
  const vertex = state.byDigest.get(message.vertex);
  if (!vertex) return;
  let status = vertex.statusById.get(message.ID);
  const wasStarted = status?.started !== undefined;
  if (!status) {
    status = {
      id: message.ID,
      current: 0,
      total: 0,
      timestamp: 0,
      started: undefined,
      completed: undefined,
      samples: [],
    };
    vertex.statusById.set(message.ID, status);
  }
  status.current = Number(message.current);
  status.total = Number(message.total);
  status.timestamp = toMs(message.timestamp) ?? 0;
  status.started = toMs(message.started);
  status.completed = toMs(message.completed);
  if (status.started !== undefined && !wasStarted) {
    vertex.statuses.push(status);
    if (isTransfer(status)) noteTransfer(state, vertex, status);
  }
  const { samples } = status;
  samples.push({ at: status.timestamp, current: status.current });
  while (samples.length > 2 && (samples[1]?.at ?? 0) < status.timestamp - RATE_WINDOW) {
    samples.shift();
  }
  changes.statuses.push({ vertex, status });
}

function applyWarning(state: State, warning: VertexWarning, changes: Changes): void {
  // One line of a Dockerfile causes a warning for each platform, from a vertex each.
  const { info, short, detail, url, ranges, level } = warning;
  const key = [
    Number(level),
    short.toBase64(),
    detail.map((line) => line.toBase64()),
    url,
    info?.filename,
    ranges,
  ];
  const text = JSON.stringify(key);
  if (!state.warningKeys.has(text)) {
    state.warningKeys.add(text);
    state.warnings.push(warning);
  }
  const vertex = state.byDigest.get(warning.vertex);
  if (!vertex) return;
  vertex.warnings.push(warning);
  changes.warnings.push({ vertex, warning });
}

function applyLog(state: State, message: VertexLog, changes: Changes): void {
  const vertex = state.byDigest.get(message.vertex);
  if (!vertex || message.msg.length === 0) return;
  const text = textOfBytes(message.msg);
  const start = vertex.spans.last()?.start;
  const stamp = logStamp(start === undefined ? 0 : (toMs(message.timestamp) ?? start) - start);
  const log = splitLog(text, stamp, vertex.openLine);
  vertex.openLine = log.open;
  appendTail(vertex.tail, log, state.keep.tail);
  keepRecent(vertex, text, state.keep.recent);
  changes.logs.push({ vertex, text, log });
}

/**
 * Keeps the end of the output. It is cut at twice the limit, so that small messages don't copy it
 * each time.
 */
function keepRecent(vertex: VertexState, text: string, limit: number): void {
  if (limit === 0) return;
  vertex.recent += text;
  if (vertex.recent.length > 2 * limit) vertex.recent = vertex.recent.slice(-limit);
}

/** Frees the output that no renderer will need again. */
function endLog(vertex: VertexState): void {
  vertex.recent = "";
  if (isFailed(vertex)) return;
  Object.assign(vertex.tail, emptyTail());
}

function newestTime(message: StatusResponse): number | undefined {
  let newest: number | undefined;
  const see = (time: Timestamp | undefined) => {
    const ms = toMs(time);
    if (ms !== undefined && (newest === undefined || ms > newest)) newest = ms;
  };
  for (const vertex of message.vertexes) see(vertex.completed ?? vertex.started);
  for (const status of message.statuses) see(status.timestamp);
  see(message.logs.at(-1)?.timestamp);
  return newest;
}
