/**
 * The order in which a debugger walks through a build. The chain of steps to a result is a branch.
 * A step with further inputs (COPY --from) leads into their branches first. Each branch comes back
 * to the step that needs it.
 */
import type { BuildDefinition, BuildStep } from "../definition.ts";
import type { Range } from "../../proto/gen/pb_types.ts";
import type { Step as Op } from "../../proto/gen/steps.ts";

/** A place where a thread can stop: before its operation runs, or after a branch. */
export interface Stop {
  /** The step, for breakpoints; empty where it was counted before. */
  digest: string;
  /** Inputs that aren't built here: they are further on, or have no place in the file. */
  deferred: Set<number>;
  /** Where "step in" leads. */
  into: Stop | undefined;
  /** Where "next" leads. */
  next: Stop | undefined;
  /** Where "step out" leads. */
  out: Stop | undefined;
  readonly frame: Frame;
  /** The index of the input that the step changes; -1 for none. */
  parent: number;
}

/** A frame of a thread's stack. */
export interface Frame {
  /** 0 for a place that is in no stack. */
  readonly id: number;
  readonly name: string;
  /** The index of the file; undefined for a step without a place. */
  readonly file: number | undefined;
  readonly range: Range | undefined;
  readonly op: Pick<Op, "inputs" | "exec" | "platform">;
  readonly step: BuildStep | undefined;
}

/** A definition may be a trap: as many steps as doublings of doublings. */
const MOST_STOPS = 100_000;

/** The first stop of a build, with all others behind it; undefined for one without places. */
export function programOf(definition: BuildDefinition, newId: () => number): Stop | undefined {
  let made = 0;
  const op = (digest: string) => definition.steps.get(digest)?.op;
  const frame = (digest: string, before: Frame | undefined): Frame => {
    const step = definition.steps.get(digest);
    return {
      id: newId(),
      name: step?.name ?? "",
      ...placeOf(step, before),
      op: step?.op ?? { inputs: [], exec: undefined, platform: undefined },
      step,
    };
  };

  function branch(digest: string, exit: Stop | undefined): Stop | undefined {
    const own = frame(digest, undefined);
    if (own.file === undefined || made > MOST_STOPS) return undefined;
    const after: Stop = {
      ...{ digest: "", deferred: new Set(), into: exit, next: exit, out: exit, parent: -1 },
      frame: { ...own, op: { ...own.op, inputs: [{ digest, index: 0n }], exec: undefined } },
    };
    let entry: Stop = {
      ...{ digest, deferred: new Set(), into: after, next: after, out: exit, frame: own },
      parent: -1,
    };
    while (true) {
      made++;
      const current = op(entry.digest);
      const inputs = current?.inputs ?? [];
      if (current === undefined || inputs.length === 0 || made > MOST_STOPS) return entry;
      entry.parent = parentOf(current);
      for (let i = inputs.length - 1; i >= 0; i--) {
        if (i === entry.parent) continue;
        const head: Stop = { ...entry, into: branch(inputs[i]!.digest, entry) };
        if (head.into === undefined) {
          entry.deferred.add(i);
          continue;
        }
        // A breakpoint is at the first of the stops of one step.
        entry.digest = "";
        head.deferred = new Set([...entry.deferred, i]);
        entry = head;
      }
      const parent = inputs[entry.parent]?.digest;
      if (parent === undefined) return entry;
      entry = {
        ...{ digest: parent, deferred: new Set(), into: entry, next: entry, out: entry.out },
        ...{ frame: frame(parent, entry.frame), parent: -1 },
      };
    }
  }

  return branch(definition.head.digest, undefined);
}

/** The index of the input that a step changes; -1 for none. */
function parentOf({ inputs, exec, file }: Op): number {
  if (exec) return Number(exec.mounts.find(({ dest }) => dest === "/")?.input ?? -1n);
  if (file) {
    const inputOf = file.actions.map(({ input }) => Number(input));
    return inputOf.find((input) => input >= 0 && input < inputs.length) ?? -1;
  }
  return 0;
}

/**
 * The place of a step that several lines share (stages from one image): the last one that isn't
 * below the step after it.
 */
function placeOf(
  step: BuildStep | undefined,
  before: Frame | undefined,
): Pick<Frame, "file" | "range"> {
  let best = step?.places[0];
  const limit = before?.range?.start?.line;
  if (limit !== undefined) {
    for (const place of step?.places ?? []) {
      const line = place.range.start?.line ?? 0, bestLine = best?.range.start?.line ?? 0;
      if ((line <= limit && line > bestLine) || line < bestLine && bestLine > limit) best = place;
    }
  }
  return { file: best?.file, range: best?.range };
}

/**
 * The step that runs on the way into the next stop; undefined for a way into a branch, or out of
 * it.
 */
export function stepBehind({ frame, into, next }: Stop): BuildStep | undefined {
  const isReturn = frame.op !== frame.step?.op;
  return into !== next || isReturn ? undefined : frame.step;
}

/**
 * The stop that an action leads to: a breakpoint on the way comes first. Undefined for the build's
 * end.
 * @param limit the action's target; without it, only breakpoints stop
 */
export function nextStop(
  entry: Stop,
  from: Stop | undefined,
  isBreakpoint: (stop: Stop) => boolean,
  limit: ((stop: Stop) => Stop | undefined) | undefined,
): Stop | undefined {
  if (from === undefined && isBreakpoint(entry)) return entry;
  const start = from ?? entry;
  const until = limit?.(start);
  for (let stop = start.into; stop !== undefined && stop !== until; stop = stop.into) {
    if (isBreakpoint(stop)) return stop;
  }
  return until;
}
