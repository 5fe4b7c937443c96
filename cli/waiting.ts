/** The line that a terminal shows while a connection takes long. */
import { type DialError, DOING } from "../transports/errors.ts";
import { after, every } from "../base/async.ts";
import type { Asking, DialStep } from "../transports/transport.ts";
import { clearRest, rowStart } from "./cursor.ts";
import type { Output } from "./deps.ts";
import { oneByOne } from "./prompt_queue.ts";
import { cutToWidth, printable } from "../base/width.ts";

/** Shorter waits show nothing, in milliseconds. */
export const PATIENCE = 1000;
const SECOND = 1000;

/** The progress of a connection, as one line that changes. */
export interface Waiting {
  step(step: DialStep, detail?: string): void;
  retry(error: DialError): void;
  /** `connecting (10.0.0.7:1234), 17 s left` */
  text(): string;
}

/** @param ms the budget of the connection, from now on; 0: none */
export function waiting(ms: number): Waiting {
  const began = performance.now();
  let doing: string = DOING.connect;
  let failed = "";
  return {
    step(step, detail) {
      doing = detail ? `${DOING[step]} (${detail})` : DOING[step];
    },
    retry(error) {
      failed = `${error.problem}; trying again: `;
    },
    text() {
      if (ms === 0) return failed + doing;
      const left = Math.ceil(Math.max(0, ms - (performance.now() - began)) / SECOND);
      return `${failed}${doing}, ${left} s left`;
    },
  };
}

/** The line that lists the connections under way. */
export interface WaitLine extends Disposable {
  /** Shows one until the returned function is called. */
  show(name: string, waiting: Waiting): () => void;
  /** Asks at the terminal, one question at a time; meanwhile there is no line. */
  readonly asking: Asking;
}

/**
 * One line of a terminal that counts down. It is repainted every second, and removed when no
 * connection is under way. Without a terminal, nothing is written.
 */
export function waitLine(out: Output): WaitLine {
  const open = new Map<symbol, () => string>();
  let [shown, held] = [false, false];
  const clear = () => {
    if (shown) out.paint([rowStart, clearRest]);
    shown = false;
  };
  const draw = () => {
    if (held) return;
    if (open.size === 0) return clear();
    const texts = [...open.values()].map((text) => text());
    const columns = out.size()?.columns ?? 80;
    out.paint([rowStart, cutToWidth(printable(texts.join("; ")), columns - 1), clearRest]);
    shown = true;
  };
  let stopEvery = () => {};
  const stopAfter = !out.isTerminal ? () => {} : after(PATIENCE, () => {
    draw();
    stopEvery = every(SECOND, draw);
  });
  return {
    show(name, { text }) {
      const key = Symbol();
      open.set(key, () => `waiting for ${name}: ${text()}`);
      return () => {
        open.delete(key);
        if (shown) draw();
      };
    },
    asking: oneByOne((on) => {
      if (on) clear();
      held = on;
    }),
    [Symbol.dispose]() {
      stopAfter();
      stopEvery();
      clear();
    },
  };
}
