import type { StatusResponse } from "../proto/gen/control.ts";
import type * as cli from "../cli/deps.ts";
import type { Changes } from "./state.ts";

/** The destination of progress. Writes appear whole and in order. */
export type Output = Pick<cli.Output, "write" | "paint" | "isTerminal">;

/** How a build ended; no field for success. */
export interface Outcome {
  readonly error?: unknown;
  /** It was stopped by the user. */
  readonly canceled?: boolean;
}

/** One way to show progress. The state has taken in a message before its renderer sees it. */
export interface Renderer {
  update(message: StatusResponse, changes: Changes): void;
  /** Shows a line that belongs to no vertex. */
  note(line: string): void;
  /** Repaints a display at once. */
  repaint?(): void;
  /** Pauses a display while the user is asked something at the terminal. */
  hold?(on: boolean): void;
  /** Shows the pending output, restores the terminal and stops all timers. */
  finish(outcome: Outcome): void;
  /** Does the same for a build whose outcome isn't known. */
  abandon(): void;
}
