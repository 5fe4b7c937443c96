/**
 * Finds out why a stream into a pod ended too early. The stream itself has an exit code at most.
 * The pod's status has the reason, a moment later.
 */
import type { ChannelEnd, ChannelUse } from "../channels.ts";
import { diagnosePod, type Diagnosis } from "./pod_state.ts";
import type { PodDial } from "../pod_dial.ts";
import { explainKube } from "./refusal.ts";
import type { ByteStream } from "../../byte_stream.ts";
import { DialError, StreamLost } from "../../errors.ts";
import type { DialContext } from "../../transport.ts";
import { onAbort, pause, withTimeout } from "../../../base/async.ts";

interface EndingsOptions {
  /** The dial's context. Its signal ends only the dial, so it isn't used for diagnosis. */
  readonly context: DialContext;
  /** The error that the stream's own bytes report. */
  failure(end: ChannelEnd): Error | undefined;
  /** Opens a second stream in the same way, to see whether that still works. */
  again(context: DialContext): Promise<ByteStream>;
}

/** How long a pod's status may be outdated: the kubelet looks at its containers every second. */
const PATIENCE_MS = 4000;
const PAUSE_MS = 250;
const NODE_GONE = /can't reach the node/;
/** Errors that show that the daemon, its container or its node is gone. */
const GONE = /can't reach the node|connection refused|no such file|nothing listens/i;
/** The time limit of `suspect`. */
const LOOK_MS = 3000;

/** @param began when the stream was opened, on the clock of `performance.now()` */
export function endings(
  dial: PodDial,
  began: number,
  { context, failure, again }: EndingsOptions,
): Pick<ChannelUse, "failure" | "suspect"> {
  const { env, log } = context;
  const within = (ms: number, signal: AbortSignal): DialContext => ({
    signal: withTimeout(signal, ms),
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

/** Looks at the pod's status until the daemon answers a probe, or the time is up. */
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
      // After any other result of the probe, the pod's status may soon have a better reason.
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

/** Opens a second stream and reads a byte. Returns the error; undefined if the daemon answers. */
async function probe(
  dial: PodDial,
  again: EndingsOptions["again"],
  context: DialContext,
): Promise<DialError | undefined> {
  let stream: ByteStream | undefined;
  using _ = onAbort(context.signal, () => stream?.close());
  try {
    stream = await again(context);
    if (!context.signal.aborted) await stream.read(new Uint8Array(1));
    return undefined;
  } catch (error) {
    const found = await explainKube(dial, error, context).catch(() => undefined);
    return found instanceof DialError && !context.signal.aborted ? found : undefined;
  } finally {
    stream?.close();
  }
}

function asDiagnosis({ pod }: PodDial, cause: DialError): Diagnosis {
  const { problem, hint } = cause;
  const own = NODE_GONE.test(problem) ? hint : undefined;
  return { problem, hint: own ?? `look at the log of the daemon in pod ${pod}`, cause };
}
