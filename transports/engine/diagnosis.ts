/** Asks the engine what happened to the container of a stream. */
import { pause, withTimeout } from "../../base/async.ts";
import { askEngine, EngineError } from "./docker_engine.ts";
import type { EngineExec } from "./exec.ts";
import { StreamLost } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** `State` of `GET /containers/NAME/json`. */
interface State {
  readonly Status?: string;
  readonly OOMKilled?: boolean;
  readonly ExitCode?: number;
  readonly StartedAt?: string;
}

/** How long the engine may take to notice a container's end and to report it, in ms. */
const PATIENCE_MS = 1500;

/**
 * Asks the engine until the container has ended, or the time is up: a daemon closes its connections
 * a moment before its container ends. Undefined when the container is still running.
 * @param began when the stream was opened, on the clock of `performance.now()`
 */
export async function diagnoseContainer(
  exec: EngineExec,
  began: number,
  context: DialContext,
): Promise<StreamLost | undefined> {
  const late = withTimeout(context.signal, PATIENCE_MS);
  const own = { ...context, signal: late };
  try {
    for (let ms = 20;; ms *= 2) {
      const found = await look(exec, began, own);
      if (found !== undefined) return found;
      await pause(ms, late);
    }
  } catch {
    return undefined;
  }
}

async function look(
  { engine, container, program }: EngineExec,
  began: number,
  context: DialContext,
): Promise<StreamLost | undefined> {
  const get = (path: string) => askEngine(engine, { method: "GET", path }, context);
  let inspected: { readonly State?: State } | undefined;
  try {
    inspected = await get(`/containers/${encodeURIComponent(container)}/json`) as typeof inspected;
  } catch (error) {
    if (!(error instanceof EngineError) || error.status !== 404) throw error;
    return new StreamLost(`container ${container} was removed`);
  }
  const { Status, StartedAt, OOMKilled, ExitCode = 0 } = inspected?.State ?? {};
  const logs = `see why: ${program} logs ${container}`;
  if (Status === "running") {
    // The engine's clock counts, because the clock of this machine may be wrong.
    const info = await get("/info") as { SystemTime?: string } | undefined;
    const since = Date.parse(info?.SystemTime ?? "") - (performance.now() - began);
    if (!(Date.parse(StartedAt ?? "") > since)) return undefined;
    return new StreamLost(`container ${container} ended, and was started again`, logs);
  }
  if (Status === undefined || Status === "paused") return undefined;
  if (OOMKilled) {
    return new StreamLost(
      `container ${container} ran out of memory and was killed (exit code ${ExitCode})`,
      "raise its memory limit, or build less at once",
    );
  }
  const how = ExitCode > 128 ? `was ended by signal ${ExitCode - 128}` : "has ended";
  return new StreamLost(
    `container ${container} ${how} (exit code ${ExitCode})`,
    Status === "restarting" ? logs : `${logs}; start it again: ${program} start ${container}`,
  );
}
