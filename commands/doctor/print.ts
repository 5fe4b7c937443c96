import type { Builder } from "../../builders/builder.ts";
import type { StoredNode } from "../../builders/store/node_group.ts";
import { DialError, EndpointError } from "../../transports/errors.ts";
import { hintOf, messageOf } from "../../cli/report.ts";
import type { Palette } from "../../cli/colors.ts";
import { wrap } from "../../cli/wrap.ts";
import type { Finding } from "./finding.ts";

const MARKS = { ok: "ok", warning: "warning", failed: "FAILED" } as const;
/** The width of the status and the step. */
const HEAD = 24;
/** A terminal with fewer columns gets the texts below the step. */
const NARROW = 60;

/**
 * One finding as lines: the status, the step, the result, the duration.
 *
 * @param columns of the terminal, whose lines are broken at words; undefined without one
 */
export function textOf(finding: Finding, colors: Palette, columns?: number): string {
  const { step, status, text, more = [], ms, error, hint } = finding;
  const time = ms === undefined || ms < 0.05 ? "" : ` (${timeText(ms)})`;
  const [first = "", ...rest] = (error === undefined ? text : problemOf(error)).split("\n");
  const advice = hint ?? (error === undefined ? undefined : hintOf(error));
  const mark = paintedMark(status, colors);
  const isNarrow = columns !== undefined && columns < NARROW;
  const indent = isNarrow ? 2 : HEAD;
  const broken = (text: string) =>
    columns === undefined ? [text] : wrap(text, columns - indent - 1).split("\n");
  const texts = [`${first}${time}`, ...rest, ...more].flatMap(broken);
  const lines = [
    ...isNarrow ? [mark + step] : [`${mark}${step.padEnd(15)}${texts.shift() ?? ""}`],
    ...texts.filter((text) => text !== "").map((text) => " ".repeat(indent) + text),
    ...advice === undefined
      ? []
      : broken(`hint: ${advice}`).map((line) => " ".repeat(indent) + colors.dim(line)),
  ];
  return `${lines.join("\n")}\n`;
}

function paintedMark(status: Finding["status"], colors: Palette): string {
  const mark = MARKS[status];
  const paint = { ok: colors.good, warning: colors.warning, failed: colors.bad }[status];
  return paint(mark) + " ".repeat(9 - mark.length);
}

/** A node's findings in the form of `--format json`. */
export function nodeJson(
  { name, nodes }: Builder,
  node: StoredNode,
  findings: readonly Finding[],
) {
  return {
    ...name !== "" && nodes.length > 0 && { node: node.name },
    ...node.member && { pod: node.member.name },
    ok: findings.every(({ status }) => status !== "failed"),
    steps: findings.map(({ step, status, text, ms, error, hint, data }) => {
      const advice = hint ?? (error === undefined ? undefined : hintOf(error));
      return {
        step,
        status,
        text: error === undefined ? text : problemOf(error),
        ...ms !== undefined && { ms: Math.round(ms * 1000) / 1000 },
        ...error instanceof DialError && { code: error.code },
        ...advice !== undefined && { hint: advice },
        ...data,
      };
    }),
  };
}

/** The message of an error without the endpoint, which the output has shown already. */
export function problemOf(error: unknown): string {
  if (error instanceof DialError) return error.problem;
  const text = messageOf(error);
  return error instanceof EndpointError ? text.replace(/^invalid endpoint "[^"]*": /, "") : text;
}

function timeText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
