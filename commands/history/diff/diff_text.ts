import { cutToWidth } from "../../../base/width.ts";
import { rfc3339 } from "../../../base/go/time.ts";
import type { Palette } from "../../../cli/colors.ts";
import { fullRef } from "../records/records.ts";
import type { RecordedBuild } from "../records/recorded_build.ts";
import { lengthText } from "../../../progress/timeline/page_text.ts";
import type { Comparison, StepRow } from "./compare.ts";
import { causeText, deltaText, inputText, notableRows, stateText } from "./diff_words.ts";

export interface DiffTextOptions {
  /** The width of the terminal; undefined for no limit. */
  readonly columns: number | undefined;
  readonly colors: Palette;
}

/** The number of rows that are printed; the page has more. */
const MOST_ROWS = 40;

/** The comparison for a terminal or a file, A being the earlier build. */
export function diffText(
  [a, b]: readonly [RecordedBuild, RecordedBuild],
  { rows, inputs, lacking }: Comparison,
  options: DiffTextOptions,
): string {
  const { colors, columns } = options;
  const fit = (line: string) => columns === undefined ? line : cutToWidth(line, columns);
  const delta = b.timeline.duration - a.timeline.duration;
  const notable = notableRows(rows);
  const listed = notable.slice(0, MOST_ROWS);
  const same = rows.length - notable.length;
  const cached = rows.filter((row) => row.a?.outcome === "cached" && row.b?.outcome === "cached");
  const verdict = Math.abs(delta) < 10
    ? "B took as long as A"
    : `B took ${lengthText(Math.abs(delta))} ${delta > 0 ? "longer" : "less"} than A`;
  const lines = [
    fit(buildLine("A", a)),
    fit(buildLine("B", b)),
    "",
    paintDelta(verdict, delta, colors),
    ...inputs.map((input) => fit(`Changed ${oneLine(inputText(input))}`)),
    "",
    ...listed.length > 0
      ? [`${"A".padStart(11)} ${"B".padStart(11)} ${"B - A".padStart(8)}  STEP`]
      : [],
    ...listed.flatMap((row) => rowLines(row, options)),
    ...notable.length > listed.length
      ? [`and ${notable.length - listed.length} more steps; --html FILE shows them all`]
      : [],
    ...same > 0
      ? [
        colors.dim(
          `${same} ${same === 1 ? "step is" : "steps are"} alike in both builds` +
            (cached.length > 0 ? `, ${cached.length} cached in both` : ""),
        ),
      ]
      : [],
    ...lacking.length > 0 ? ["", ...lacking] : [],
  ];
  return `${lines.join("\n")}\n`;
}

function buildLine(letter: string, build: RecordedBuild): string {
  const { found: { record }, outcome, timeline, title } = build;
  const started = record.CreatedAt === undefined
    ? ""
    : `, ${rfc3339({ ...record.CreatedAt, nanos: 0 })}`;
  const name = title === record.Ref ? "" : `  ${oneLine(title)}`;
  return `${letter}  ${fullRef(build.found)}  ${outcome} in ${
    lengthText(timeline.duration)
  }${started}${name}`;
}

function rowLines(row: StepRow, { columns, colors }: DiffTextOptions): string[] {
  const delta = row.timeB - row.timeA;
  const left = [
    stateText(row.a, row.timeA).padStart(11),
    stateText(row.b, row.timeB).padStart(11),
    paintDelta(deltaText(delta).padStart(8), delta, colors),
  ].join(" ");
  const room = columns === undefined ? Infinity : Math.max(20, columns - 34);
  const cut = (text: string) => room === Infinity ? text : cutToWidth(text, room);
  return [
    `${left}  ${cut(oneLine(row.name))}`,
    ...row.causes.flatMap((cause) =>
      wrapped(oneLine(causeText(cause)), room).map((line) => `${" ".repeat(34)}${colors.dim(line)}`)
    ),
  ];
}

/** Time that was lost or gained, in a colour unless it is too little. */
function paintDelta(text: string, ms: number, colors: Palette): string {
  if (Math.abs(ms) < 10) return text;
  return ms > 0 ? colors.warning(text) : colors.good(text);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** The text in lines of limited width, broken at spaces where there are some. */
function wrapped(text: string, width: number): string[] {
  if (width === Infinity) return [text];
  const lines: string[] = [];
  let rest = text;
  while (rest !== "") {
    const line = cutToWidth(rest, width) || rest;
    const space = line.length < rest.length ? line.lastIndexOf(" ") : -1;
    const end = space > 0 ? space : line.length;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return lines;
}
