/** The debug adapter: what the client asks, and what the build answers. */
import { outputTo } from "../../cli/output_to.ts";
import { report } from "../../cli/report.ts";
import { fieldsOf } from "../../base/json.ts";
import { withChanges } from "../../cli/deps.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Inspect, OpenBuild } from "../../builds/running/inspect.ts";
import type { RunContext } from "../../builds/running/run.ts";
import { abortable, after, onAbort } from "../../base/async.ts";
import { openSys } from "../../buildkit/fsync/os/open_sys.ts";
import type { Sys } from "../../buildkit/fsync/os/sys.ts";
import { loadGateway } from "../../buildkit/gateway.ts";
import { isCompleted, type State } from "../../progress/state.ts";
import { platformResults } from "../results.ts";
import { capability } from "../step_files.ts";
import { breakpointsOf } from "./breakpoints.ts";
import { buildValue } from "./build_values.ts";
import { positionsOf } from "./positions.ts";
import type { Frame } from "./program.ts";
import { type Arguments, type RequestHandler, serverOf } from "./server.ts";
import { shellSocket } from "./shell_socket.ts";
import { filePaths, sourcesOf } from "./sources.ts";
import { type Action, type Thread, threadOf } from "./thread.ts";
import { threadOfReference } from "./variables.ts";

/** The arguments of `launch` that count. */
export interface LaunchOptions {
  readonly dockerfile: string;
  readonly contextPath: string;
  readonly target: string;
  readonly stopOnEntry: boolean;
}

/** Runs one build with these options. Rejects with its error. */
export type RunBuild = (
  options: LaunchOptions,
  deps: Deps,
  hook: (state: State) => Pick<RunContext, "inspect" | "sys">,
) => Promise<void>;

/** The options of `runAdapter`. */
export interface AdapterOptions {
  readonly deps: Deps;
  /** The command by which the client's terminal reaches this program. */
  readonly program: () => readonly string[];
  /** Checks the arguments of `launch`. Throws an Error. */
  readonly check: (options: LaunchOptions) => void;
  readonly build: RunBuild;
}

/** The build was left by the client, or is to begin again. */
class Left extends Error {
  override readonly name = "Left";
}

/** How long a build may take to end once the client has left it, in milliseconds. */
const GRACE = 5000;

/**
 * Serves a client on stdin and stdout until the build has ended, or the client. Rejects with the
 * build's error, unless the client left the build.
 */
export async function runAdapter({ deps, program, check, build }: AdapterOptions): Promise<void> {
  const server = serverOf(deps, (text) => deps.stderr.write(`ERROR: ${text}\n`));
  const launched = Promise.withResolvers<LaunchOptions>();
  const configured = Promise.withResolvers<void>();
  let positions = positionsOf({});
  const breakpoints = breakpointsOf((breakpoint) =>
    server.event("breakpoint", { reason: "changed", breakpoint: positions.breakpoint(breakpoint) })
  );
  await using shell = shellSocket();
  const threads = new Map<number, Thread>();
  const sources = sourcesOf();
  const over = new AbortController();
  let attempt = new AbortController();
  let again: LaunchOptions | undefined;
  let initialized = false, wasLaunched = false, runsInTerminal = false;
  let stopsOnErrors = true;
  let lastThread = 0, lastFrame = 0;
  let opened: OpenBuild | undefined;
  let sys: Sys | undefined;
  launched.promise.catch(() => {});

  const leave = () => {
    const reason = new Left("the client has left the build");
    over.abort(reason);
    attempt.abort(reason);
    launched.reject(reason);
  };
  // A person who starts the adapter by hand sees it wait for a client that never comes.
  using _interrupted = onAbort(deps.signal, () => launched.reject(deps.signal.reason));
  const threadAt = (args: Arguments): Thread => {
    const thread = threads.get(Number(args["threadId"]));
    if (thread === undefined) throw new Error(`no such thread: ${args["threadId"]}`);
    return thread;
  };
  const resuming = (action: Action): RequestHandler => (args) => {
    // The response comes before the events of the run.
    const thread = threadAt(args);
    if (!thread.resume(action)) throw new Error("the thread is running");
    return action === "continue" ? { allThreadsContinued: false } : undefined;
  };
  const threadOfFrame = (id: number): [Thread, Frame] => {
    for (const thread of threads.values()) {
      const frame = thread.stack().find((frame) => frame.id === id);
      if (frame) return [thread, frame];
    }
    throw new Error(`no such frame id: ${id}`);
  };

  /** The value of a variable. @param otherwise the error for a word that is none */
  const valueOf = (text: string, frameId: unknown, otherwise?: string): string => {
    const frame = frameId === undefined
      ? [...threads.values()].flatMap((thread) => thread.stack())[0]
      : threadOfFrame(Number(frameId))[1];
    const { buildArgs = {} } = opened?.job.options ?? {};
    try {
      return buildValue(text, frame, buildArgs, sources.text(paths[0] ?? "") ?? "");
    } catch (error) {
      if (otherwise === undefined || text.startsWith("$")) throw error;
      throw new Error(otherwise);
    }
  };

  const handlers: Record<string, RequestHandler> = {
    initialize(args) {
      if (initialized) throw new Error("already initialized");
      initialized = true;
      positions = positionsOf(args);
      // A client takes some milliseconds from the answer to the launch.
      after(0, () => {
        void loadGateway();
        sys = openSys();
      });
      runsInTerminal = args["supportsRunInTerminalRequest"] === true;
      return {
        supportsConfigurationDoneRequest: true,
        supportsConditionalBreakpoints: true,
        supportsEvaluateForHovers: true,
        supportsTerminateRequest: true,
        supportsRestartRequest: true,
        exceptionBreakpointFilters: [{ filter: "error", label: "Failed steps", default: true }],
      };
    },
    launch(args) {
      if (wasLaunched) throw new Error("already launched");
      const options = launchOptions(args);
      wasLaunched = true;
      try {
        check(options);
      } catch (error) {
        // The response comes before the end.
        after(0, () => launched.reject(error));
        throw error;
      }
      launched.resolve(options);
      server.event("initialized");
      return undefined;
    },
    setBreakpoints(args) {
      const path = sources.pathOf(args["source"]);
      if (path === undefined) throw new Error("the source has no path");
      const wanted = Array.isArray(args["breakpoints"]) ? args["breakpoints"].map(fieldsOf) : [];
      const lines = wanted.map(({ line, condition }) => ({
        line: positions.lineOf(line),
        condition: typeof condition === "string" ? condition.trim() : "",
      }));
      const set = breakpoints.set(path, lines);
      // The response comes before the events.
      after(0, () => threads.forEach((thread) => thread.placeBreakpoints()));
      return { breakpoints: set.map(positions.breakpoint) };
    },
    setExceptionBreakpoints(args) {
      const filters = Array.isArray(args["filters"]) ? args["filters"] : [];
      stopsOnErrors = filters.includes("error");
      return undefined;
    },
    configurationDone() {
      configured.resolve();
      return undefined;
    },
    threads: () => ({ threads: [...threads.values()].map(({ id, name }) => ({ id, name })) }),
    stackTrace(args) {
      const frames = threadAt(args).stack();
      const start = Number(args["startFrame"]) || 0;
      const levels = Number(args["levels"]) || frames.length;
      const shown = frames.slice(start, start + levels).map((frame) => {
        const path = frame.file === undefined ? undefined : paths[frame.file];
        return positions.stackFrame(frame, path === undefined ? undefined : sources.source(path));
      });
      return { stackFrames: shown, totalFrames: frames.length };
    },
    scopes(args) {
      const id = Number(args["frameId"]);
      return { scopes: threadOfFrame(id)[0].scopes(id) };
    },
    async variables(args) {
      const reference = Number(args["variablesReference"]);
      const thread = threads.get(threadOfReference(reference));
      if (!thread) throw new Error(`no such thread: ${threadOfReference(reference)}`);
      return { variables: await thread.references.get(reference) };
    },
    source(args) {
      // Old clients send the reference beside the source.
      const path = sources.pathOf(args["source"]) ?? sources.pathOf(args) ?? "";
      const content = sources.text(path);
      if (content === undefined) throw new Error(`file not found: ${path}`);
      return { content };
    },
    async evaluate(args) {
      const text = String(args["expression"] ?? "").trim();
      const context = String(args["context"] ?? "");
      if (["hover", "watch", "variables", "clipboard"].includes(context)) {
        return { result: valueOf(text, args["frameId"]), variablesReference: 0 };
      }
      if (context !== "repl") throw new Error(`unsupported evaluate context: ${context}`);
      const [command = ""] = text.split(/\s+/);
      if (command === "") return { result: "", variablesReference: 0 };
      if (command === "help") return { result: HELP, variablesReference: 0 };
      if (command !== "exec") {
        const unknown = `unknown command ${JSON.stringify(command)} for ""`;
        return { result: valueOf(text, args["frameId"], unknown), variablesReference: 0 };
      }
      if (!runsInTerminal) throw new Error("cannot exec without runInTerminal client capability");
      if (opened && !(await opened.gateway.capabilities()).has(capability.exec)) {
        throw new Error("the builder is too old: a shell needs BuildKit 0.8 or newer");
      }
      const socket = shell.open();
      const words = [...program(), "dap", "attach", socket];
      await server.request("runInTerminal", {
        kind: "integrated",
        title: "fairlead: build container",
        cwd: "",
        args: words,
      });
      return { result: `Started process attached to ${socket}.`, variablesReference: 0 };
    },
    continue: resuming("continue"),
    next: resuming("next"),
    stepIn: resuming("into"),
    stepOut: resuming("out"),
    pause(args) {
      threadAt(args).pause();
      return undefined;
    },
    restart(args) {
      const given = fieldsOf(args["arguments"]);
      const options = Object.keys(given).length > 0 ? launchOptions(given) : current;
      if (options === undefined) throw new Error("nothing was launched");
      check(options);
      again = options;
      attempt.abort(new Left("the build starts again"));
      return undefined;
    },
    terminate: () => void after(0, leave),
    disconnect: () => void after(0, leave),
  };

  let paths: readonly string[] = [];
  let current: LaunchOptions | undefined;

  const inspect = (state: State): Inspect => async (build) => {
    const signal = AbortSignal.any([attempt.signal, build.signal]);
    opened = build;
    const [results, caps] = await Promise.all([
      platformResults(build.result),
      build.gateway.capabilities(),
      abortable(configured.promise, signal),
    ]);
    await Promise.all(results.map(async (result) => {
      const id = ++lastThread;
      const name = result.platform || build.job.target;
      paths = filePaths(result.definition, build.job.build.inputs);
      const thread = threadOf(id, name, result, {
        gateway: build.gateway,
        caps,
        signal,
        breakpoints,
        files: paths,
        stopOnEntry: current?.stopOnEntry === true,
        stopsOnErrors: () => stopsOnErrors,
        shell,
        newFrame: () => ++lastFrame,
        onStop: (reason) => server.event("stopped", { ...reason, threadId: id }),
        hasBegun: (step) => state.started.some(({ name }) => name === step),
        hasEnded: (step) =>
          state.started.some((vertex) => vertex.name === step && isCompleted(vertex)),
      });
      threads.set(id, thread);
      server.event("thread", { reason: "started", threadId: id });
      result.definition.files.forEach(({ data }, i) => {
        const path = paths[i]!;
        const reason = sources.add(path, data);
        if (reason === undefined) return;
        server.event("loadedSource", { reason, source: sources.source(path) });
      });
      try {
        await thread.run();
      } finally {
        threads.delete(id);
        breakpoints.leave(result.definition);
        server.event("thread", { reason: "exited", threadId: id });
      }
    }));
    return build.result;
  };

  const serving = server.serve(handlers).then(leave);
  let failure: unknown;
  try {
    current = await launched.promise;
    while (true) {
      attempt = new AbortController();
      if (over.signal.aborted) attempt.abort(over.signal.reason);
      const output = outputTo((text) =>
        server.event("output", { category: "stdout", output: text })
      );
      const signal = AbortSignal.any([deps.signal, attempt.signal]);
      const stdin = { isTerminal: false, read: () => Promise.resolve(null), setRaw() {} };
      try {
        await build(
          current,
          withChanges(deps, { stdout: output, stderr: output, stdin, signal }),
          (state) => ({ inspect: inspect(state), sys }),
        );
        break;
      } catch (error) {
        if (again === undefined || over.signal.aborted || deps.signal.aborted) throw error;
        current = again;
        again = undefined;
      }
    }
  } catch (error) {
    failure = error;
    // Editors don't show the program's stderr.
    const { lines } = report(error, { debug: false, isTerminal: false, plugin: deps.plugin });
    const output = lines.map((line) => `${line}\n`).join("");
    if (!over.signal.aborted) server.event("output", { category: "stderr", output });
  }
  sys?.[Symbol.dispose]();
  server.event("terminated");
  server.event("exited", { exitCode: failure === undefined ? 0 : 1 });
  const stop = after(GRACE, () => {});
  await server.end();
  stop();
  void serving;
  if (failure !== undefined && !over.signal.aborted) throw failure;
}

const HELP = "exec: open a shell at the point where the build has stopped\n" +
  "$NAME: show the value of a build argument or of an environment variable";

function launchOptions(args: Arguments): LaunchOptions {
  const text = (name: string) => {
    const value = args[name];
    if (value === undefined || value === null) return "";
    if (typeof value !== "string") throw new Error(`${name} of launch is not a string`);
    return value;
  };
  return {
    dockerfile: text("dockerfile"),
    contextPath: text("contextPath"),
    target: text("target"),
    stopOnEntry: args["stopOnEntry"] === true,
  };
}
