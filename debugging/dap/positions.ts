/** Lines and columns as a client counts them. Everywhere else in this room, both begin at 1. */
import type { Arguments } from "./server.ts";
import type { Breakpoint } from "./breakpoints.ts";
import type { Frame } from "./program.ts";
import type { Source } from "./sources.ts";

/** Translates lines and columns for a client. */
export interface Positions {
  /** A client's line; 0 for a value that is no line. */
  lineOf(line: unknown): number;
  breakpoint(own: Breakpoint): object;
  /** @param source undefined for a frame without a place, which the client doesn't read */
  stackFrame(frame: Frame, source: Source | undefined): object;
}

/** @param args those of `initialize`, by which a client may count from 0 */
export function positionsOf({ linesStartAt1, columnsStartAt1 }: Arguments): Positions {
  const firstLine = linesStartAt1 === false ? 0 : 1;
  const firstColumn = columnsStartAt1 === false ? 0 : 1;
  const shown = (line: number) => line - 1 + firstLine;
  return {
    lineOf: (line) => Number.isSafeInteger(line) ? Number(line) + 1 - firstLine : 0,
    breakpoint: (own) => ({ ...own, line: shown(own.line), endLine: shown(own.endLine) }),
    stackFrame({ id, name, range: { start, end } = {} }, source) {
      return {
        id,
        name,
        ...source && { source },
        line: start ? shown(start.line) : 0,
        // BuildKit counts columns from 0.
        column: start ? start.character + firstColumn : 0,
        ...end && { endLine: shown(end.line) },
      };
    },
  };
}
