/** The programs of the monitor, in one container at a time. */
import { newId } from "../../base/identity.ts";
import type { Container } from "../../buildkit/container.ts";
import type { Process, ProcessOptions } from "../../buildkit/process.ts";
import type { Size } from "../console.ts";

/** A running program. */
export interface Running {
  readonly id: string;
  readonly args: readonly string[];
  readonly process: Process;
  /** Lets its output through, or holds it back; the program then waits. */
  show(on: boolean): void;
}

/** The programs of the monitor. */
export interface Processes {
  /** Starts a program in the current container; in a new one if that is over, or `fresh`. */
  start(program: Omit<ProcessOptions, "onOutput" | "stdin">, fresh: boolean): Promise<Running>;
  list(): readonly Running[];
  resize(size: Size): void;
  /** Ends all. */
  release(): Promise<void>;
}

export function processesOf(
  open: () => Promise<Container>,
  { write, onExit }: {
    readonly write: (bytes: Uint8Array) => Promise<void>;
    readonly onExit: (running: Running, code: number | Error) => void;
  },
): Processes {
  const all = new Map<string, Running>();
  /** To be called when a container ends: the output that its programs hold back is dropped. */
  const drops = new Set<() => void>();
  let container: Container | undefined;

  async function end(): Promise<void> {
    const old = container;
    container = undefined;
    all.clear();
    for (const drop of drops) drop();
    drops.clear();
    await old?.release();
  }

  return {
    async start(program, fresh) {
      if (fresh) await end();
      const isInit = container === undefined;
      const box = container ??= await open();
      let gate = Promise.withResolvers<void>();
      let shown = false, isDropped = false;
      const drop = () => {
        isDropped = !shown;
        gate.resolve();
      };
      drops.add(drop);
      const process = await box.start({
        ...program,
        stdin: true,
        async onOutput(_, bytes) {
          await gate.promise;
          if (!isDropped) await write(bytes);
        },
      });
      const running: Running = {
        id: newId(),
        args: program.args,
        process,
        show(on) {
          if (on) gate.resolve();
          else if (shown) gate = Promise.withResolvers();
          shown = on;
        },
      };
      all.set(running.id, running);
      const over = (code: number | Error) => {
        drops.delete(drop);
        gate.resolve();
        all.delete(running.id);
        // With its first program, a container ends.
        if (isInit && container === box) void end();
        onExit(running, code);
      };
      process.exit.then(over, over);
      return running;
    },
    list: () => [...all.values()],
    resize({ columns, rows }) {
      for (const { process } of all.values()) process.resize(columns, rows);
    },
    release: end,
  };
}
