import { Code, codeName, RpcError } from "../buildkit/grpc/status.ts";
import { BuilderError } from "../builders/builder_error.ts";
import { OutputError } from "../buildkit/session/output_sink.ts";
import { causesOf } from "../base/causes.ts";
import { calledAs } from "./called_as.ts";
import type { Painted } from "./cursor.ts";
import { Interrupted, OutputClosed } from "./deps.ts";
import { exitCodes } from "./exit_codes.ts";

/** The output and the exit code for an error. */
export interface Report {
  /** Painted after the lines. */
  readonly below: readonly Painted[];
  /** Lines for stderr, without line ends; the list may be empty. */
  readonly lines: readonly string[];
  readonly code: number;
}

/**
 * Properties that an error of any class may have besides its message: lines above the message (an
 * excerpt of a file), a hint, an exit code. The error takes precedence over its causes.
 */
export interface Reportable {
  readonly above?: readonly string[];
  /** Errors that are reported before this one, each as `report` does it. */
  readonly earlier?: readonly Reported[];
  readonly hint?: string | undefined;
  /** Painted after everything else. */
  readonly below?: readonly Painted[] | undefined;
  readonly exitCode?: number;
  /** The message for a terminal, where the rest of it stands above. */
  readonly brief?: string | undefined;
  /** The message stands alone, without `ERROR: ` before it. */
  readonly bare?: boolean;
}

/** A message and its hint. */
export interface Reported {
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface ReportOptions {
  /** Shows the stack traces of the error and of its causes, too. */
  readonly debug: boolean;
  /**
   * The hint stands below the message. Without a terminal the message is last: scripts read that
   * line.
   */
  readonly isTerminal: boolean;
  /**
   * The user has asked the program to end: a cancelled call then counts as interrupted, not as
   * failed.
   */
  readonly interrupted?: boolean;
  /** The name by which docker calls fairlead as its plugin. */
  readonly plugin?: string | undefined;
}

/**
 * Converts any thrown value to the lines that the user sees: `ERROR: `, the message, and the hint.
 */
export function report(error: unknown, options: ReportOptions): Report {
  const { debug, isTerminal, interrupted = false, plugin } = options;
  const causes = [...causesOf(error)];
  if (causes.some((cause) => cause instanceof OutputClosed)) {
    return { lines: [], below: [], code: exitCodes.outputClosed };
  }
  const prefix = (error as Reportable | undefined)?.bare ? "" : "ERROR: ";
  const linesOf = (line: string, below: readonly string[]) =>
    isTerminal ? [line, ...below] : [...below, line];
  const hintLines = (hint: string | undefined) =>
    hint === undefined ? [] : [`hint: ${calledAs(hint, plugin)}`];
  const stacks = debug ? causes.flatMap((cause) => cause.stack ?? []) : [];
  const hint = hintOf(error) ?? bugHint(error);
  const lines = [
    ...find(causes, ({ above }) => above) ?? [],
    ...(find(causes, ({ earlier }) => earlier) ?? [])
      .flatMap(({ message, hint }) => linesOf(`ERROR: ${message}`, hintLines(hint))),
    ...linesOf(`${prefix}${(isTerminal && briefOf(error)) || messageOf(error)}`, [
      ...hintLines(hint),
      ...stacks,
    ]),
  ];
  return {
    lines,
    below: find(causes, ({ below }) => below) ?? [],
    code: find(causes, (cause) => exitCodeOf(cause, interrupted)) ?? exitCodes.generic,
  };
}

/**
 * The message of an error as users see it. A gRPC error has its code before the message, as in Go.
 * A system error loses the number that Deno adds (`Permission denied (os error 13)`).
 */
export function messageOf(error: unknown): string {
  const text = plainMessageOf(error);
  // A daemon's message stays as it is: it may quote the command of a step.
  const ours = !causesOf(error).some((cause) => cause instanceof RpcError);
  return ours ? text.replace(/ \(os error \d+\)/g, "") : text;
}

function plainMessageOf(error: unknown): string {
  if (error instanceof RpcError && error.code !== Code.UNKNOWN) {
    return `${codeName(error.code)}: ${error.message}`;
  }
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

function briefOf(error: unknown): string | undefined {
  return (error as Reportable | undefined)?.brief;
}

/** The hint of the error, or of the first of its causes that has one. */
export function hintOf(error: unknown): string | undefined {
  return find(causesOf(error), ({ hint }) => hint || undefined);
}

/** The exit code for one error; undefined if its cause decides. */
function exitCodeOf(error: object, interrupted: boolean): number | undefined {
  if (typeof (error as Reportable).exitCode === "number") return (error as Reportable).exitCode;
  if (error instanceof Interrupted) {
    return error.signal === "SIGHUP" ? exitCodes.hungUp : exitCodes.cancelled;
  }
  if (error instanceof DOMException && error.name === "AbortError") return exitCodes.cancelled;
  if (error instanceof OutputError || error instanceof BuilderError) {
    return isFull(error.cause) ? exitCodes.resourceExhausted : undefined;
  }
  if (!(error instanceof RpcError)) return undefined;
  switch (error.code) {
    case Code.INTERNAL:
      return exitCodes.internal;
    case Code.RESOURCE_EXHAUSTED:
      return exitCodes.resourceExhausted;
    case Code.CANCELLED:
      return interrupted ? exitCodes.cancelled : exitCodes.generic;
  }
  return exitCodes.generic;
}

/** The disk has no room: buildx then ends with the code of ResourceExhausted. */
function isFull(error: unknown): boolean {
  return error instanceof Error && (error as Error & { code?: string }).code === "ENOSPC";
}

/** The hint for errors that our code never throws on purpose. */
function bugHint(error: unknown): string | undefined {
  const bugs = [TypeError, RangeError, ReferenceError, SyntaxError];
  if (!bugs.some((kind) => error instanceof kind) && error instanceof Error) return undefined;
  return "this is a bug in fairlead; run the command again with --debug and report its output";
}

function find<T>(
  causes: Iterable<Error & Reportable>,
  pick: (cause: Error & Reportable) => T | undefined,
) {
  for (const cause of causes) {
    const found = pick(cause);
    if (found !== undefined) return found;
  }
  return undefined;
}
