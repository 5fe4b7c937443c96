import { after } from "../base/async.ts";
import { plainPrinter } from "./plain.ts";
import type { Output, Renderer } from "./renderer.ts";
import type { State } from "./state.ts";

export interface PlainOptions {
  readonly out: Output;
  readonly now: () => number;
  /** `building with "NAME" instance using DRIVER driver` */
  readonly title: string;
  /** Cut names to 72 characters. */
  readonly truncate: boolean;
  /** Milliseconds between writes. */
  readonly rate: number;
}

/** This many characters of logs are written at once, before the interval is over. */
const FLOOD = 256 * 1024;

/**
 * Writes plain text in batches: at once after a pause, else when the interval is over. So a step
 * with a hundred thousand lines costs a few writes.
 */
export function plainRenderer(state: State, options: PlainOptions): Renderer {
  const { out, now, rate } = options;
  const printer = plainPrinter(state, { ...options, isTerminal: out.isTerminal });
  let stopTimer: (() => void) | undefined;
  let written = -Infinity;
  let waiting = 0;

  function flush(): void {
    stop();
    written = now();
    waiting = 0;
    const text = printer.print(written);
    if (text) out.write(text);
    if (printer.pending()) stopTimer = after(rate, tick);
  }

  function tick(): void {
    try {
      flush();
    } catch {
      // The reader of the output is gone. The next write throws again, where a caller can catch it.
    }
  }

  function finish(): void {
    flush();
    stop();
  }

  function stop(): void {
    stopTimer?.();
    stopTimer = undefined;
  }

  return {
    update(_message, changes) {
      printer.collect(changes, now());
      for (const { text } of changes.logs) waiting += text.length;
      const wait = written + rate - now();
      if (wait <= 0 || waiting > FLOOD) flush();
      else stopTimer ??= after(wait, tick);
    },
    note: (line) => out.write(printer.note(line)),
    finish,
    abandon: finish,
  };
}
