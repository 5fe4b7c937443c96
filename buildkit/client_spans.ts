/**
 * The spans of this side in the trace of a build: the daemon adds them to its own, as with buildx.
 */
import { errorText } from "../base/error_text.ts";
import { TraceServiceDefinition } from "../proto/gen/trace.ts";
import type { Client } from "./client.ts";

/** The command that a build is a part of. */
export interface SpanSource {
  /** `build .` */
  readonly name: string;
  /** OpenTelemetry's attributes of the command, all of them texts. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The call of a build in its trace. */
export interface CallSpan {
  /** Hex digits, as in `traceparent`. */
  readonly trace: string;
  readonly id: string;
  /** The span around the command, from outside; empty for none. */
  readonly parent: string;
  /** Milliseconds since 1970. */
  readonly began: number;
}

/** OpenTelemetry's numbers. */
const INTERNAL = 1, CLIENT = 3, OK = 1, ERROR = 2;

/**
 * How long the daemon's answer is awaited, in milliseconds. Far away it takes a round trip, for
 * which nobody should wait. The daemon stores spans within microseconds, long before it gets the
 * cancellation that follows them.
 */
const GRACE = 5;

/**
 * Sends the spans of the command and of its call, which end now. Resolves after the answer, or soon
 * without it. Never rejects: a trace is no part of the build, and old daemons have no such service.
 */
export async function sendSpans(
  client: Client,
  source: SpanSource,
  call: CallSpan,
  error?: unknown,
): Promise<void> {
  const bytes = (hex: string) => Uint8Array.fromHex(hex);
  const nanoseconds = (ms: number) => BigInt(Math.round(ms * 1000)) * 1000n;
  const attributesOf = (map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const root = crypto.getRandomValues(new Uint8Array(8));
  const common = {
    traceId: bytes(call.trace),
    startTimeUnixNano: nanoseconds(call.began),
    endTimeUnixNano: nanoseconds(Date.now()),
    status: error === undefined
      ? { code: OK, message: "" }
      : { code: ERROR, message: errorText(error) },
  };
  const method = "moby.buildkit.v1.Control/Solve";
  const spans = [{
    ...common,
    spanId: root,
    parentSpanId: bytes(call.parent),
    name: source.name,
    kind: INTERNAL,
    attributes: attributesOf(source.attributes),
  }, {
    ...common,
    spanId: bytes(call.id),
    parentSpanId: root,
    name: method,
    kind: CLIENT,
    attributes: attributesOf({ "rpc.system.name": "grpc", "rpc.method": method }),
  }];
  const request = {
    resourceSpans: [{
      resource: { attributes: attributesOf({ "service.name": "fairlead" }) },
      scopeSpans: [{ scope: { name: "fairlead" }, spans }],
    }],
  };
  const { export: send } = TraceServiceDefinition.methods;
  await client.channel.unary(TraceServiceDefinition, send, request, {
    signal: AbortSignal.timeout(GRACE),
  }).catch(() => {});
}
