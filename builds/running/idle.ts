/** `--idle-timeout`: cancels builds that make no progress. */
import { formatDuration } from "../../base/go/duration.ts";
import { whenStill } from "../../buildkit/silence.ts";
import { mapHandlers, type ServerCall, type Service } from "../../buildkit/grpc/call.ts";
import { UsageError } from "../../base/usage_error.ts";

/** Watches the builds of one run. */
export interface IdleWatch extends Disposable {
  /** Aborts with an `IdleError` when the time is up. */
  readonly signal: AbortSignal;
  /** Called when the daemon reports progress of a build. */
  touch(): void;
  /**
   * Wraps services: their messages count as progress, in both directions. The time starts now,
   * because there is a connection.
   */
  watched(services: readonly Service[]): readonly Service[];
}

/** A build made no progress for too long. It was cancelled. */
class IdleError extends Error {
  override readonly name = "IdleError";
  readonly hint = "check what its last step does; a step that is silent for longer needs a " +
    "longer --idle-timeout";
  /** @param limit milliseconds */
  constructor(limit: number) {
    const time = formatDuration(BigInt(Math.round(limit * 1e6)));
    super(`the build made no progress for ${time}, and was cancelled`);
  }
}

/** The value of `--idle-timeout`, in milliseconds; 0 for no limit. Throws `UsageError` for less. */
export function idleTimeoutOf(ms: number): number {
  if (ms >= 0) return ms;
  throw new UsageError("invalid value of --idle-timeout: a duration can't be negative");
}

/**
 * Progress is any report of the daemon on the build's steps, and any part of a file or secret in
 * either direction. The daemon's health checks (`grpc.health`) never end, so they don't count.
 */
export function watchIdle(limit: number): IdleWatch {
  const end = new AbortController();
  let moves = 0;
  const touch = () => void moves++;
  let watch: Disposable | undefined;
  return {
    signal: end.signal,
    touch,
    watched(services) {
      watch ??= whenStill(() => moves, limit, { still: () => end.abort(new IdleError(limit)) });
      return services.map((service) =>
        mapHandlers(
          service,
          (handler, path) =>
            path.startsWith("/grpc.health.")
              ? handler
              : (call) => handler(touchingCall(call, touch)),
        )
      );
    },
    [Symbol.dispose]: () => watch?.[Symbol.dispose](),
  };
}

function touchingCall(call: ServerCall, touch: () => void): ServerCall {
  return {
    path: call.path,
    metadata: call.metadata,
    get signal() {
      return call.signal;
    },
    report: (error) => call.report(error),
    drained: (below) => call.drained(below),
    send(head, body, taken) {
      touch();
      call.send(head, body, taken);
    },
    receive: (onMessage) =>
      call.receive((message) => {
        touch();
        return onMessage(message);
      }),
  };
}
