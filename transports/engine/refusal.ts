/** Explains why an engine did not run a program in a container. */
import { askEngine, EngineError, TLS_FILES } from "./docker_engine.ts";
import type { EngineExec } from "./exec.ts";
import { DialError, type DialErrorCode, type DialErrorDetails } from "../errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { DialContext } from "../transport.ts";

/** The fields of `GET /containers/NAME/json` that are used here. */
interface Inspected {
  readonly State?: { readonly Status?: string; readonly Paused?: boolean };
}

/**
 * Turns an error of the engine, or of the connection to it, into the error for the user. Asks the
 * engine for the container's state.
 */
export async function explainRefusal(
  exec: EngineExec,
  error: unknown,
  context: DialContext,
): Promise<unknown> {
  if (error instanceof DialError) return noEngine(error, exec);
  if (!(error instanceof EngineError)) return error;
  const { container, program } = exec;
  const fail = (
    problem: string,
    code: DialErrorCode,
    hint: string,
    more: Pick<DialErrorDetails, "retryable" | "state"> = {},
  ) =>
    new DialError(problem, {
      endpoint: exec.endpoint,
      step: "exec",
      code,
      hint,
      cause: error,
      ...more,
    });
  const path = `/containers/${encodeURIComponent(container)}/json`;
  const isGone = error.status === 404 && /no such container/i.test(error.message);
  const inspected = isGone ? error : await askEngine(exec.engine, { method: "GET", path }, context)
    .catch((refusal: Error) => refusal);
  if (inspected instanceof EngineError && inspected.status === 404) {
    const names = await containerNames(exec, context);
    const near = nearest(container, names);
    return fail(
      `no container ${JSON.stringify(container)} at ${exec.engine.host}`,
      "not-found",
      near !== undefined
        ? `did you mean ${JSON.stringify(near)}?`
        : names.length === 0
        ? `the engine runs no containers; see ${program} ps -a`
        : `running are ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`,
      { state: "missing" },
    );
  }
  const status = (inspected as Inspected | undefined)?.State?.Status ?? "";
  if (status === "paused") {
    return fail(
      `container ${container} is paused`,
      "unreachable",
      `resume it: ${program} unpause ${container}`,
    );
  }
  if (status === "restarting") {
    return fail(
      `container ${container} restarts again and again: it ends as soon as it is started`,
      "unreachable",
      `see why: ${program} logs ${container}`,
      { retryable: true },
    );
  }
  if (status !== "" && status !== "running") {
    const problem = `container ${container} is not running (${status})`;
    const more = { retryable: true, state: "stopped" } as const;
    return fail(problem, "unreachable", `start it: ${program} start ${container}`, more);
  }
  if (/multiple IDs found/i.test(error.message)) {
    return fail(
      `several containers have an id that begins with ${JSON.stringify(container)}`,
      "config",
      `give the container's name, or more of its id: ${program} ps -a`,
    );
  }
  if (status === "running" && (error.status === 404 || error.status === 409)) {
    const hint = "try again: another program has started it just now";
    return fail(error.message, "unreachable", hint, { retryable: true });
  }
  const code = error.status === 401 || error.status === 403 ? "denied" : "internal";
  return fail(error.message, code, `see whether ${program} exec works on this container`);
}

/** The names of the running containers. */
async function containerNames(exec: EngineExec, context: DialContext): Promise<string[]> {
  const answer = await askEngine(exec.engine, { method: "GET", path: "/containers/json" }, context)
    .catch(() => []);
  if (!Array.isArray(answer)) return [];
  return answer.flatMap(({ Names }: { Names?: unknown }) => Array.isArray(Names) ? Names : [])
    .map((name) => String(name).replace(/^\//, "")).filter((name) => !name.includes("/"));
}

/** Turns an error of the connection to the engine into an error of the endpoint. */
export function noEngine(
  error: DialError,
  { endpoint, engineHint }: Pick<EngineExec, "endpoint" | "engineHint">,
): DialError {
  const what = error.message.replace(/^cannot reach /, "");
  const absent = error.code === "not-found" || error.code === "unreachable";
  const hint = absent
    ? engineHint
    : error.code === "denied"
    ? "run as a user who may use the engine: a member of the group that owns its socket, or root"
    : error.step === "tls"
    ? [error.hint, TLS_FILES].filter((text) => text !== undefined).join("; ")
    : error.hint;
  return new DialError(`no engine at ${what}`, {
    endpoint,
    step: error.step,
    code: error.code,
    retryable: error.retryable,
    cause: error,
    ...hint !== undefined && { hint },
  });
}
