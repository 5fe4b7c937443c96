/**
 * The BuildKit inside a Docker engine, by two paths of the engine's API:
 *
 *     POST /grpc     Upgrade: h2c   → 101, then HTTP/2 with the engine as server
 *     POST /session  Upgrade: h2c   X-Docker-Expose-Session-Uuid: …   → 101, the engine as client
 */
import { onAbort } from "../../base/async.ts";
import {
  askEngine,
  type EngineEndpoint,
  EngineError,
  type EngineRequest,
  upgradeEngine,
} from "./docker_engine.ts";
import { buildkitInside } from "./buildkit.ts";
import { NO_ENGINE } from "./choice.ts";
import { noEngine } from "./refusal.ts";
import { DialError, interrupted } from "../errors.ts";
import type { Connection, DialContext } from "../transport.ts";

/** Dials the BuildKit inside an engine. Throws `DialError`, or the signal's reason. */
export async function dialInside(
  engine: EngineEndpoint,
  endpoint: string,
  context: DialContext,
): Promise<Connection> {
  const quiet = (signal: AbortSignal) => ({ ...context, signal, step: () => {} });
  return {
    stream: await upgrade(engine, endpoint, { path: "/grpc" }, context),
    authority: "localhost",
    peer: `the engine at ${engine.host}`,
    secure: engine.tls !== undefined || engine.host.startsWith("ssh:"),
    dialSession(fields, signal) {
      const headers: Record<string, string[]> = {};
      for (const [name, value] of fields) (headers[name] ??= []).push(value);
      return upgrade(engine, endpoint, { path: "/session", headers }, quiet(signal));
    },
    async knownVersion(signal) {
      const request = { method: "GET", path: "/version" } as const;
      const answer = await askEngine(engine, request, quiet(signal));
      return buildkitInside(String((answer as { Version?: unknown } | undefined)?.Version));
    },
  };
}

/** Opens a path's stream. The signal ends the dial, but not a stream that is already open. */
async function upgrade(
  engine: EngineEndpoint,
  endpoint: string,
  call: Pick<EngineRequest, "path" | "headers">,
  context: DialContext,
) {
  const { signal } = context;
  if (signal.aborted) throw interrupted(signal, endpoint, "connect");
  const stop = new AbortController();
  using _ = onAbort(signal, () => stop.abort(signal.reason));
  context.step("connect", engine.host);
  try {
    const request = { ...call, method: "POST", upgrade: "h2c" } as const;
    return await upgradeEngine(engine, request, { ...context, signal: stop.signal });
  } catch (error) {
    if (signal.aborted) throw interrupted(signal, endpoint, "upgrade");
    if (error instanceof DialError) throw noEngine(error, { endpoint, engineHint: NO_ENGINE });
    throw error instanceof EngineError ? refused(error, endpoint, engine.host) : error;
  }
}

function refused(error: EngineError, endpoint: string, host: string): DialError {
  const of = { endpoint, step: "upgrade" as const, cause: error };
  if (error.status === 404) {
    return new DialError(`the engine at ${host} does not include BuildKit`, {
      ...of,
      code: "unsupported",
      hint: "docker includes BuildKit since 18.09, podman does not: use a separate daemon with " +
        "docker-container:// or podman-container://",
    });
  }
  const denied = error.status === 401 || error.status === 403;
  return new DialError(error.message, {
    ...of,
    code: denied ? "denied" : "internal",
    hint: denied ? "ask the engine's administrator for access" : "look at the engine's log",
  });
}
