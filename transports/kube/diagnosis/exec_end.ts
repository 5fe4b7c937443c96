/**
 * Why a stream into a pod ends before its time. The stream itself tells little: an exit code, or
 * nothing; what happened stands in the pod's status, a moment later.
 */
import type { ChannelEnd, ChannelUse } from "../channels.ts";
import { diagnosePod, type Diagnosis } from "./pod_state.ts";
import type { PodDial } from "../pod_dial.ts";
import { explainKube } from "./refusal.ts";
import type { ByteStream } from "../../byte_stream.ts";
import { DialError, StreamLost } from "../../errors.ts";
import type { DialContext } from "../../transport.ts";
import { pause } from "../../../base/async.ts";

export interface EndingsOptions {
  /** That of the dial; its signal is that of the dial alone. */
  readonly context: DialContext;
  /** What the stream itself tells. */
  failure(end: ChannelEnd): Error | undefined;
  /** Opens the same way once more, to see whether that still works. */
  again(context: DialContext): Promise<ByteStream>;
}

/** How far a pod's status may lag behind: the kubelet looks at its containers every second. */
const PATIENCE_MS = 4000;
const PAUSE_MS = 250;
const NODE_GONE = /can't reach the node/;
/** Nothing is there any more for the stream to lead to. */
const GONE = /can't reach the node|connection refused|no such file|nothing listens/i;
/** For a single look. */
const LOOK_MS = 3000;

/** @param began when the stream was opened, on the clock of `performance.now()` */
export function endings(
  dial: PodDial,
  began: number,
  { context, failure, again }: EndingsOptions,
): Pick<ChannelUse, "failure" | "suspect"> {
  const { env, log } = context;
  const within = (ms: number, signal: AbortSignal): DialContext => ({
    signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]),
    env,
    log,
    step: () => {},
  });
  const lost = ({ problem, hint, cause }: Diagnosis, plain?: unknown) =>
    new StreamLost(problem, hint, { cause: cause ?? plain });

  return {
    async suspect(signal) {
      const patient = within(LOOK_MS, signal);
      const diagnosis = await diagnosePod(dial, began, patient);
      if (diagnosis !== undefined) return lost(diagnosis);
      const closed = await probe(dial, again, patient);
      return closed && GONE.test(closed.problem) ? lost(asDiagnosis(dial, closed)) : undefined;
    },
    async failure(end, signal) {
      if (end.broken instanceof StreamLost) return end.broken;
      const plain = failure(end);
      if (!end.any || end.expected) return plain;
      const diagnosis = await search(dial, began, again, within(PATIENCE_MS, signal));
      return diagnosis === undefined ? plain : lost(diagnosis, plain);
    },
  };
}

/** Looks until the daemon turns out to be well, or the time is up. */
async function search(
  dial: PodDial,
  began: number,
  again: EndingsOptions["again"],
  context: DialContext,
): Promise<Diagnosis | undefined> {
  let probed: { readonly closed: DialError | undefined } | undefined;
  void probe(dial, again, context).then((closed) => probed = { closed });
  try {
    for (;;) {
      // Of all else the pod's status may soon tell more.
      const enough = probed !== undefined &&
        (probed.closed === undefined || NODE_GONE.test(probed.closed.problem));
      const diagnosis = await diagnosePod(dial, began, context);
      if (diagnosis !== undefined) return diagnosis;
      if (enough) break;
      await pause(PAUSE_MS, context.signal);
    }
  } catch {
    // The time is up.
  }
  return probed?.closed && asDiagnosis(dial, probed.closed);
}

/** Goes the same way to the daemon's first byte. What is wrong with it; undefined where it is well. */
async function probe(
  dial: PodDial,
  again: EndingsOptions["again"],
  context: DialContext,
): Promise<DialError | undefined> {
  let stream: ByteStream | undefined;
  const close = () => stream?.close();
  context.signal.addEventListener("abort", close, { once: true });
  try {
    stream = await again(context);
    if (!context.signal.aborted) await stream.read(new Uint8Array(1));
    return undefined;
  } catch (error) {
    const found = await explainKube(dial, error, context).catch(() => undefined);
    return found instanceof DialError && !context.signal.aborted ? found : undefined;
  } finally {
    close();
    context.signal.removeEventListener("abort", close);
  }
}

function asDiagnosis({ pod }: PodDial, cause: DialError): Diagnosis {
  const { problem, hint } = cause;
  const own = NODE_GONE.test(problem) ? hint : undefined;
  return { problem, hint: own ?? `look at the log of the daemon in pod ${pod}`, cause };
}
