import type { StatusResponse } from "../proto/gen/control.ts";
import type * as cli from "../cli/deps.ts";
import type { Changes } from "./state.ts";

/** Where progress is written; a write is whole, and comes out before the next. */
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
  /** While on, somebody is asked something at the terminal: a display keeps away from it. */
  hold?(on: boolean): void;
  /** Shows what is still due, gives the terminal back and leaves no timer. */
  finish(outcome: Outcome): void;
  /** The same for a build that ended unforeseen, and how is not known. */
  abandon(): void;
}
