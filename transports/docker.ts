/**
 * `docker://`: the BuildKit inside a Docker engine, by two paths of the engine's API:
 *
 *     POST /grpc     Upgrade: h2c   → 101, then HTTP/2 with the engine as server
 *     POST /session  Upgrade: h2c   X-Docker-Expose-Session-Uuid: …   → 101, the engine as client
 */
import { EngineError } from "./_docker_engine.ts";
import {
  ENGINE_OPTIONS,
  type EngineChoice,
  findEngine,
  NO_ENGINE,
  parseEngine,
} from "./_engine_choice.ts";
import { noEngine } from "./_engine_refusal.ts";
import { upgradeEngine } from "./_engine_upgrade.ts";
import { formatOptions, splitEndpoint } from "./endpoint.ts";
import { DialError, EndpointError, interrupted } from "./errors.ts";
import type { DialContext, Transport } from "./transport.ts";

export const docker = {
  scheme: "docker",
  summary: "the BuildKit inside a Docker engine",
  example: "docker://",
  options: ENGINE_OPTIONS,
  insideEngine: true,

  parse(endpoint: string): EngineChoice {
    const parts = splitEndpoint(endpoint, docker);
    if (parts.address !== "") {
      const hint = "write docker:// for the engine in use, or docker://?context=NAME";
      throw new EndpointError(parts.redacted, "it has an address", hint);
    }
    return parseEngine(parts);
  },

  describe,
  host: () => ({ authority: "localhost", name: "" }),
  plaintext: () => false,

  async dial(spec, context) {
    const endpoint = describe(spec);
    const engine = await findEngine(spec, endpoint, context.env);
    const open = (path: string, headers: Fields, inner: DialContext) =>
      upgrade({ engine, path, headers, endpoint }, inner);
    return {
      stream: await open("/grpc", {}, context),
      authority: "localhost",
      peer: `the engine at ${engine.host}`,
      secure: engine.tls !== undefined || engine.host.startsWith("ssh:"),
      dialSession: (fields, signal) =>
        open("/session", grouped(fields), { ...context, signal, step: () => {} }),
    };
  },
} satisfies Transport<EngineChoice>;

type Fields = Readonly<Record<string, readonly string[]>>;

function describe({ context, host }: EngineChoice): string {
  return `docker://${formatOptions({ context, host })}`;
}

function grouped(fields: readonly (readonly [string, string])[]): Fields {
  const all: Record<string, string[]> = {};
  for (const [name, value] of fields) (all[name] ??= []).push(value);
  return all;
}

/** The signal ends the dial; the stream that comes of it lives on. */
async function upgrade(
  { engine, path, headers, endpoint }: {
    readonly engine: Awaited<ReturnType<typeof findEngine>>;
    readonly path: string;
    readonly headers: Fields;
    readonly endpoint: string;
  },
  context: DialContext,
) {
  const { signal } = context;
  if (signal.aborted) throw interrupted(signal, endpoint, "connect");
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  context.step("upgrade", engine.host);
  try {
    const request = { method: "POST", path, headers, upgrade: "h2c" } as const;
    return await upgradeEngine(engine, request, { ...context, signal: stop.signal });
  } catch (error) {
    if (signal.aborted) throw interrupted(signal, endpoint, "upgrade");
    if (error instanceof DialError) throw noEngine(error, { endpoint, engineHint: NO_ENGINE });
    throw error instanceof EngineError ? refused(error, endpoint, engine.host) : error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function refused(error: EngineError, endpoint: string, host: string): DialError {
  const of = { endpoint, step: "upgrade" as const, cause: error };
  if (error.status === 404) {
    return new DialError(`the engine at ${host} has no BuildKit inside`, {
      ...of,
      code: "unsupported",
      hint: "docker has one since 18.09, podman has none: use a daemon of its own, like " +
        "docker-container:// or podman-container://",
    });
  }
  const denied = error.status === 401 || error.status === 403;
  return new DialError(error.message, {
    ...of,
    code: denied ? "denied" : "internal",
    hint: denied ? "ask whoever runs the engine for access" : "look at the engine's log",
  });
}
