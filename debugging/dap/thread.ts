/** A thread of the debugger: the build of one platform, which stops before its steps. */
import type { Files } from "../../buildkit/files.ts";
import type { Gateway } from "../../buildkit/gateway.ts";
import type { Input } from "../../proto/gen/pb_types.ts";
import type { ExecOp } from "../../proto/gen/steps_types.ts";
import { abortable, after } from "../../base/async.ts";
import { failedStepOf } from "../failed_step.ts";
import type { BuildStep } from "../definition.ts";
import { capability, containerOfFailure } from "../step_files.ts";
import { type PlatformResult, refOfInput } from "../results.ts";
import { stagePlace } from "../stages.ts";
import type { Breakpoints, Match } from "./breakpoints.ts";
import { type Frame, nextStop, programOf, stepBehind, type Stop } from "./program.ts";
import { shellPlace } from "./shell_place.ts";
import type { ShellSocket } from "./shell_socket.ts";
import { argumentsOf, explorer, type References, referencesOf } from "./variables.ts";

/** How a stopped thread goes on. */
export type Action = "continue" | "next" | "into" | "out";

/** The reason why a thread has stopped. */
export interface StopReason {
  readonly reason: "step" | "breakpoint" | "exception" | "pause";
  readonly description?: string;
  readonly text?: string;
  readonly hitBreakpointIds?: readonly number[];
}

/** The parts of a session that its threads share. */
export interface ThreadContext {
  readonly gateway: Gateway;
  /** The daemon's capabilities. */
  readonly caps: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly breakpoints: Breakpoints;
  /** The paths of the definition's files on this machine. */
  readonly files: readonly string[];
  readonly stopOnEntry: boolean;
  readonly stopsOnErrors: () => boolean;
  readonly shell: ShellSocket;
  /** Numbers of frames are unique in a session. */
  readonly newFrame: () => number;
  readonly onStop: (reason: StopReason) => void;
  /** The steps, by name, that the builder has begun, and those that it has finished. */
  readonly hasBegun: (step: string) => boolean;
  readonly hasEnded: (step: string) => boolean;
}

/** A thread, as the adapter uses it. */
export interface Thread {
  readonly id: number;
  readonly name: string;
  /** Frames, innermost first; empty while it runs. */
  stack(): readonly Frame[];
  scopes(frame: number): unknown[];
  readonly references: References;
  /** Goes on; false if the thread isn't stopped. */
  resume(action: Action): boolean;
  /** Stops at the next step. */
  pause(): void;
  /** Looks for the instructions of changed breakpoints. */
  placeBreakpoints(): void;
  /** Runs to the build's end. Rejects with its error. */
  run(): Promise<void>;
}

/** How long the daemon gets to see a second request for a running step, in milliseconds. */
const HANDOVER = 200;

/** The file systems at a stop; that of the step itself first. */
interface Mounts {
  readonly root: string | undefined;
  readonly refs: ReadonlyMap<string, string>;
}

export function threadOf(
  id: number,
  name: string,
  result: PlatformResult,
  context: ThreadContext,
): Thread {
  const { gateway, signal, shell, breakpoints } = context;
  const calls = context.caps.has(capability.evaluateSolve) ? "one call" : "two calls";
  const nothing = new AbortController().signal;
  const { definition } = result;
  const entry = programOf(definition, context.newFrame);
  const references = referencesOf(id);
  let matches: ReadonlyMap<string, Match> = new Map(), matched = -1;
  let stack: readonly Frame[] = [];
  let trees: ReadonlyMap<string, Files> = new Map();
  let going: PromiseWithResolvers<Action> | undefined;
  let isPausing = false;
  /** A running thread is to stop elsewhere. */
  let turned = Promise.withResolvers<"turned">();

  const place = ({ frame }: Stop) => {
    const { stage = "" } = frame.step && stagePlace(frame.step, definition) || {};
    const { OS, Architecture, Variant } = frame.op.platform ?? {};
    const own = OS && [OS, Architecture, Variant].filter((part) => part).join("/");
    return { stage, platform: result.platform || own || "" };
  };
  const matchAt = (stop: Stop): Match | undefined => {
    const match = stop.digest === "" ? undefined : matches.get(stop.digest);
    return match?.condition && !match.condition(place(stop)) ? undefined : match;
  };

  /** The inputs of a stop's operation. @param until builds those that must be there before it. */
  async function inputsOf(
    { frame, parent, deferred }: Stop,
    until?: AbortSignal,
  ): Promise<Mounts> {
    const refs = new Map<string, string>();
    let root: string | undefined;
    const { inputs } = frame.op;
    const solved = await Promise.all(
      inputs.map((input, i) =>
        refOfInput(gateway, result, input, {
          build: until === undefined || deferred.has(i) ? "no" : calls,
          ...until && { signal: until },
        })
      ),
    );
    inputs.forEach((input, i) => {
      const key = i === parent ? "/" : nameOf(frame, input, i);
      if (key === "" || refs.has(key)) return;
      // COPY --from into an empty stage: the files to copy, once they are there.
      if (i === parent || parent < 0 && inputs.length === 1 && !deferred.has(i)) root = key;
      refs.set(key, solved[i]!);
    });
    return { root, refs };
  }

  function nameOf({ op }: Frame, { digest, index }: Input, at: number): string {
    const mount = op.exec?.mounts.find(({ input }) => input === BigInt(at));
    if (mount) return mount.dest;
    const step = definition.steps.get(digest);
    const source = index === 0n ? step?.op.source : undefined;
    return source?.identifier ?? (step?.name || digest);
  }

  /**
   * Tells the daemon, while it works, of the steps that may be next. It builds none of them yet.
   */
  function lookAhead({ next, into, out }: Stop): void {
    for (const { frame } of new Set([next, into, out].filter((stop) => stop !== undefined))) {
      for (const input of frame.op.inputs) {
        refOfInput(gateway, result, input, { build: "no" }).catch(() => {});
      }
    }
  }

  /** Builds everything that must be there before a stop, or the result at the end. */
  async function reach(stop: Stop | undefined, until = nothing): Promise<Mounts> {
    if (stop !== undefined) {
      const inputs = inputsOf(stop, until);
      // Once the request above is on its way.
      queueMicrotask(() => lookAhead(stop));
      return await abortable(inputs, signal);
    }
    await abortable(gateway.evaluate(result.ref, until), signal);
    return { root: "/", refs: new Map([["/", result.ref]]) };
  }

  function stopAt(reason: StopReason, at: Stop | undefined): Promise<Action> {
    going = Promise.withResolvers();
    const frames: Frame[] = [];
    for (let stop = at; stop !== undefined; stop = stop.out) frames.push(stop.frame);
    stack = frames;
    context.onStop(reason);
    return abortable(going.promise, signal);
  }

  /** The program of a stop, or the next one of its branch: a shell gets its environment. */
  function nextProgram(at: Stop | undefined): ExecOp | undefined {
    for (let stop = at; stop !== undefined && stop.out === at?.out; stop = stop.next) {
      const exec = stop.frame.step?.op.exec;
      if (exec) return exec;
    }
    return undefined;
  }

  async function paused(
    reason: StopReason,
    at: Stop | undefined,
    mounts: Mounts | undefined,
    error?: unknown,
  ): Promise<Action> {
    const failed = error === undefined ? undefined : failedStepOf(error, definition);
    const container = failed && onceContainer(() => containerOfFailure(gateway, failed));
    const found = new Map<string, Files>();
    for (const [key, ref] of mounts?.refs ?? []) found.set(key, gateway.files(ref));
    if (container) {
      failed.step.op.exec?.mounts.forEach(({ dest }, i) => found.set(dest, filesIn(container, i)));
    }
    trees = found;
    const rootRef = mounts?.root === undefined ? undefined : mounts.refs.get(mounts.root);
    const line = at?.frame.range?.start?.line ?? 0;
    using _offered = shell.offer(
      shellPlace(gateway, {
        caps: context.caps,
        line,
        failed,
        rootRef,
        result,
        platform: at?.frame.op.platform,
        exec: nextProgram(at),
      }),
    );
    try {
      return await stopAt(reason, at);
    } finally {
      going = undefined;
      stack = [];
      trees = new Map();
      references.clear();
      await container?.release();
    }
  }

  async function fail(error: unknown): Promise<never> {
    const failed = failedStepOf(error, definition);
    if (failed === undefined || !context.stopsOnErrors() || signal.aborted) throw error;
    let at = entry;
    while (at !== undefined && at.digest !== failed.step.digest) at = at.into;
    const mounts = at && await inputsOf(at).catch(() => undefined);
    await paused(
      {
        reason: "exception",
        description: "Encountered an error during result evaluation",
        text: (error as Error).message,
      },
      at,
      mounts,
      error,
    );
    throw error;
  }

  function placeBreakpoints(): boolean {
    if (matched === breakpoints.version) return false;
    matched = breakpoints.version;
    matches = breakpoints.match(definition, context.files);
    return true;
  }

  /** A request for everything before a stop, which may be taken back. */
  function travel(target: Stop | undefined) {
    const end = new AbortController();
    const work = reach(target, end.signal);
    work.catch(() => {});
    return { target, work, end };
  }

  /**
   * Builds up to the stop that an action leads to. A pause and changed breakpoints on the way
   * choose another stop, behind the step that runs.
   */
  async function go(at: Stop | undefined, action: Action) {
    placeBreakpoints();
    const limit = action === "continue" ? undefined : (stop: Stop) => stop[action as "next"];
    const isBreakpoint = (stop: Stop) => matchAt(stop) !== undefined;
    let way = travel(nextStop(entry!, at, isBreakpoint, limit));
    let isPause = false;
    while (true) {
      const outcome = await Promise.race([way.work, turned.promise]);
      if (outcome !== "turned") return { target: way.target, mounts: outcome, isPause };
      turned = Promise.withResolvers();
      if (isPause) continue;
      isPause = isPausing;
      const first = firstAhead(at);
      let isAhead = false;
      const target = isPause
        ? first
        : nextStop(entry!, at, (stop) => (isAhead ||= stop === first) && isBreakpoint(stop), limit);
      if (target === way.target) continue;
      const { end } = way;
      way = travel(target);
      // The running step goes on if the daemon has the new request before the old one ends.
      const stopTimer = after(HANDOVER, () => end.abort(new Error("the debugger stops elsewhere")));
      way.work.then(stopTimer, stopTimer);
      way.work.finally(() => end.abort(new Error("the debugger stops elsewhere"))).catch(() => {});
    }
  }

  /** Whether the builder has reported a step's end, or the start of one that takes its result. */
  function isDone({ name, digest }: BuildStep): boolean {
    if (context.hasEnded(name)) return true;
    return [...definition.steps.values()].some((other) =>
      other.op.inputs.some((input) => input.digest === digest) && context.hasBegun(other.name)
    );
  }

  /**
   * The stop behind the first step ahead that isn't done. The builder's report may still be on its
   * way: then the stop is before a step that has just begun, and begins again later. The other
   * choice would be to wait for that step's end, which may take minutes.
   */
  function firstAhead(from: Stop | undefined): Stop | undefined {
    let stop = from ?? entry;
    while (stop?.into !== undefined) {
      const step = stepBehind(stop);
      stop = stop.into;
      if (step !== undefined && !isDone(step)) break;
    }
    return stop;
  }

  return {
    id,
    name,
    references,
    placeBreakpoints() {
      if (placeBreakpoints()) turned.resolve("turned");
    },
    stack: () => stack,
    scopes(frame) {
      const at = stack.findIndex(({ id }) => id === frame);
      if (at < 0) return [];
      const scopes: unknown[] = [{
        name: "Arguments",
        presentationHint: "arguments",
        variablesReference: references.add(() => argumentsOf(stack[at]!, references)),
        expensive: false,
      }];
      if (at === 0 && trees.size > 0) {
        const held = trees;
        scopes.push({
          name: "File Explorer",
          presentationHint: "locals",
          variablesReference: references.add(() => explorer(held, references)),
          expensive: true,
        });
      }
      return scopes;
    },
    resume(action) {
      if (going === undefined) return false;
      isPausing = false;
      turned = Promise.withResolvers();
      going.resolve(action);
      going = undefined;
      return true;
    },
    pause() {
      isPausing = true;
      turned.resolve("turned");
    },
    async run() {
      let action: Action = context.stopOnEntry ? "next" : "continue";
      let at: Stop | undefined;
      if (entry === undefined) return void await reach(undefined).catch(fail);
      if (context.stopOnEntry) {
        at = entry;
        action = await paused({ reason: "step" }, at, undefined);
      }
      while (true) {
        const { target, mounts, isPause } = await go(at, action).catch(fail);
        if (target === undefined) return;
        const match = matchAt(target);
        const reason: StopReason = isPause
          ? { reason: "pause" }
          : action !== "continue"
          ? { reason: "step" }
          : {
            reason: "breakpoint",
            description: "Paused on breakpoint",
            hitBreakpointIds: match ? [match.id] : [],
          };
        at = target;
        action = await paused(reason, at, mounts);
      }
    },
  };
}

/** A container that is made when it is first needed. */
interface LazyContainer {
  get(): ReturnType<typeof containerOfFailure>;
  release(): Promise<void>;
}

function onceContainer(make: () => ReturnType<typeof containerOfFailure>): LazyContainer {
  let made: ReturnType<typeof containerOfFailure> | undefined;
  return {
    get: () => made ??= make(),
    release: async () => void await made?.then((box) => box.release(), () => {}),
  };
}

function filesIn(box: LazyContainer, mount: number): Files {
  return {
    readDir: async (path, pattern) => await (await box.get()).files(mount).readDir(path, pattern),
    stat: async (path) => await (await box.get()).files(mount).stat(path),
    readFile: async (path, range) => await (await box.get()).files(mount).readFile(path, range),
  };
}
