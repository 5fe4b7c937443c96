/** The monitor of `debug`: a prompt next to a program in a container of the build. */
import { onAbort } from "../../base/async.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import { splitWords } from "../../builders/making/buildkitd_flags.ts";
import type { ProcessOptions } from "../../buildkit/process.ts";
import type { Container } from "../../buildkit/container.ts";
import type { Console } from "../console.ts";
import { detachKeys } from "../run_program.ts";
import type { Invoke } from "./invoke.ts";
import { lineEditor } from "./line_editor.ts";
import { processesOf, type Running } from "./processes.ts";

/** Ctrl-A: with c it switches between the prompt and the program. */
const SWITCH = 0x01;

/** How the user left the monitor. */
export type MonitorEnd = "exit" | "reload";

/** The surroundings of a monitor. */
export interface MonitorOptions {
  readonly console: Console;
  readonly signal: AbortSignal;
  readonly invoke: Invoke;
  /** Makes a container. @param initial as the step found it */
  readonly open: (initial: boolean) => Promise<Container>;
  /** The environment, user and folder of the step or of the image. */
  readonly surroundings: Pick<ProcessOptions, "env" | "user" | "cwd">;
}

const HELP: readonly (readonly [name: string, text: string, usage: string])[] = [
  ["attach", "attach to a process in the container", "attach PID"],
  ["exec", "execute a process in the interactive container", "exec COMMAND [ARG...]"],
  ["exit", "exits monitor", "exit"],
  [
    "help",
    "shows this message. Optionally pass a command name as an argument to print the detailed usage.",
    "help [COMMAND]",
  ],
  [
    "ps",
    'list processes invoked by "exec". Use "attach" to attach IO to that process',
    "ps",
  ],
  ["reload", "reloads the context and build it", "reload"],
  [
    "rollback",
    "re-runs the interactive container with the step's rootfs contents",
    "rollback [--init] [COMMAND] [ARG...]",
  ],
];

/** Runs the monitor until the user leaves it. Rejects with the signal's reason. */
export async function runMonitor(
  { console, signal, invoke, open, surroundings }: MonitorOptions,
): Promise<MonitorEnd> {
  const ended = Promise.withResolvers<MonitorEnd>();
  let over = false;
  const leave = (how: MonitorEnd) => {
    over = true;
    ended.resolve(how);
  };
  let initial = false;
  let words = invoke.args;
  let attached: Running | undefined;
  let isPrompt = false;
  let prefixed = false;
  let written: Promise<void> = Promise.resolve();
  const write = (bytes: Uint8Array) => written = written.then(() => console.write(bytes));
  const print = (text: string) =>
    void write(new TextEncoder().encode(text.replaceAll("\n", "\r\n"))).catch(() => {});
  const editor = lineEditor("(buildx) ", {
    write: (text) => void write(new TextEncoder().encode(text)).catch(() => {}),
    line: (line) => void run(line).finally(() => isPrompt && !over && editor.prompt()),
    end: () => leave("exit"),
  });
  const processes = processesOf(() => open(initial), {
    write,
    onExit(running, code) {
      if (running !== attached || over) return;
      attached = undefined;
      print(`\nprocess ${JSON.stringify(running.id)} ended: ${textOf(code)}\n`);
      toPrompt();
    },
  });

  function textOf(code: number | Error): string {
    return typeof code === "number" ? `exit code ${code}` : code.message;
  }

  function toPrompt(): void {
    attached?.show(false);
    isPrompt = true;
    editor.prompt();
  }

  function toProgram(): void {
    if (attached === undefined) {
      print(
        '\nProcess isn\'t attached (previous "exec" exited?). Use "attach" for attaching or ' +
          '"rollback" or "exec" for running new one.\n',
      );
      return editor.prompt();
    }
    isPrompt = false;
    print("\n");
    attached.show(true);
  }

  async function start(args: readonly string[], fresh: boolean): Promise<Running> {
    const { env = [], user = "", cwd = "" } = surroundings;
    // The end of the old container is no news.
    if (fresh) attached = undefined;
    const running = await processes.start({
      args,
      env: [...env, ...invoke.env],
      user: invoke.user ?? user,
      cwd: invoke.cwd ?? cwd,
      tty: invoke.tty && console.isTerminal,
    }, fresh);
    attached?.show(false);
    attached = running;
    const size = console.size();
    if (size) running.process.resize(size.columns, size.rows);
    return running;
  }

  async function run(line: string): Promise<void> {
    let name = "monitor";
    try {
      const [first = "", ...args] = splitWords(line);
      if (first !== "") name = first;
      await command(first, args);
    } catch (error) {
      print(`${name}: ${(error as Error).message}\n`);
    }
  }

  async function command(name: string, args: readonly string[]): Promise<void> {
    switch (name) {
      case "":
        return;
      case "exit":
        return leave("exit");
      case "reload":
        return leave("reload");
      case "help":
        return print(helpText(args[0]));
      case "ps": {
        const rows = processes.list().map((running) => [
          running.id,
          String(running === attached),
          `[${running.args.join(" ")}]`,
        ]);
        return print(tabulate([["PID", "CURRENT_SESSION", "COMMAND"], ...rows]));
      }
      case "exec": {
        if (args.length === 0) throw new Error("command must be passed");
        const { id } = await start(args, false);
        return print(
          `Process ${JSON.stringify(id)} started. Press Ctrl-a-c to switch to that process.\n`,
        );
      }
      case "attach": {
        if (args.length === 0) throw new Error("PID of process must be passed");
        const found = processes.list().find(({ id }) => id === args[0]);
        if (found === undefined) throw new Error(`pid ${args[0]}: not found`);
        attached = found;
        return print(
          `Attached to process ${JSON.stringify(found.id)}. Press Ctrl-a-c to switch to the new ` +
            "container\n",
        );
      }
      case "rollback": {
        initial = args[0] === "--init";
        const given = initial ? args.slice(1) : args;
        if (given.length > 0) words = given;
        const { id } = await start(words, true);
        return print(RESTARTED(id));
      }
    }
    print(`monitor: unknown command: ${JSON.stringify(name)}\n${helpText(undefined)}`);
  }

  const leaveProgram = () => {
    print("\n");
    toPrompt();
  };
  const withoutDetach = detachKeys(leaveProgram);

  /** Takes Ctrl-A out of the keys. */
  function take(bytes: Uint8Array): void | Promise<void> {
    const kept: number[] = [];
    for (const byte of bytes) {
      if (prefixed) {
        prefixed = false;
        if (byte === 0x63) {
          if (isPrompt) toProgram();
          else leaveProgram();
          continue;
        }
        // Any other key goes on, and so does a second Ctrl-A.
        if (byte !== SWITCH) kept.push(SWITCH);
        kept.push(byte);
      } else if (byte === SWITCH) prefixed = true;
      else kept.push(byte);
    }
    if (kept.length === 0) return;
    const rest = new Uint8Array(kept);
    if (isPrompt) return editor.keys(rest);
    return attached?.process.write(withoutDetach(rest));
  }

  using _ending = onAbort(signal, () => ended.reject(signal.reason));
  using _attached = console.attach({
    bytes: take,
    end: () => leave("exit"),
    resize: (size) => processes.resize(size),
  });
  try {
    print("Launching interactive container. Press Ctrl-a-c to switch to monitor console\n");
    try {
      const { id } = await start(words, true);
      print(RESTARTED(id));
      attached?.show(true);
    } catch (error) {
      print(`ERROR: ${(error as Error).message}\n`);
      toPrompt();
    }
    return await ended.promise;
  } finally {
    await processes.release();
    await written.catch(() => {});
  }
}

const RESTARTED = (id: string) =>
  `Interactive container was restarted with process ${JSON.stringify(id)}. Press Ctrl-a-c to ` +
  "switch to the new container\n";

function helpText(name: string | undefined): string {
  const found = HELP.find(([own]) => own === name);
  if (found) return `${found[1]}\n\nUsage:\n  ${found[2]}\n`;
  const missing = name === undefined
    ? ""
    : `monitor: no help message for ${JSON.stringify(name)}\n`;
  return `${missing}Available commands are:\n${
    tabulate(HELP.map(([own, text]) => [`  ${own}`, text]))
  }`;
}

function tabulate(rows: readonly (readonly string[])[]): string {
  return alignColumns(rows.map((row) => `${row.join("\t")}\n`).join(""), {
    padding: 2,
    minimum: 8,
  });
}
