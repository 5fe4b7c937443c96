/** A terminal's screen as a picture. */

/** Text in one colour. */
interface Run {
  readonly text: string;
  /** A colour of the palette; undefined for the terminal's default. */
  readonly color: string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
}

/** The sixteen colours, as most terminals show them on a dark background. */
const PALETTE = (
  "#484f58 #ff7b72 #7ee787 #e3b341 #79c0ff #d2a8ff #76e3ea #b1bac4 " +
  "#6e7681 #ffa198 #aff5b4 #f0cc6b #a5d6ff #e2c5ff #b3f0ff #f0f6fc"
).split(" ");
const BACKGROUND = "#0d1117";
const TEXT = "#e6edf3";
const SIZE = 13, LINE = 18, ADVANCE = 7.8, MARGIN = 14;

/**
 * Draws a screen of `columns`.
 * @param screen lines with colours in the form of ECMA-48 (SGR), as `tmux capture-pane -e` prints
 * them
 */
export function terminalSvg(screen: string, columns: number): string {
  const lines = screen.trimEnd().split("\n");
  const width = Math.ceil(columns * ADVANCE + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  let style = plain;
  const texts = lines.flatMap((line, row) => {
    const [runs, next] = runsOf(line, style);
    style = next;
    let column = 0;
    return runs.flatMap((run) => {
      const at = column;
      column += run.text.length;
      return run.text.trim() === "" ? [] : [textOf(run, at, row)];
    });
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-size="${SIZE}" ` +
    `font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace">`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    ...texts,
    "</svg>\n",
  ].join("\n");
}

function textOf({ text, color, bold, dim }: Run, column: number, row: number): string {
  const lead = text.length - text.trimStart().length;
  const shown = text.trim();
  const x = (MARGIN + (column + lead) * ADVANCE).toFixed(1);
  const y = MARGIN + row * LINE + SIZE;
  const length = (shown.length * ADVANCE).toFixed(1);
  const more = (bold ? ' font-weight="bold"' : "") + (dim ? ' opacity="0.6"' : "");
  return `<text x="${x}" y="${y}" textLength="${length}" fill="${color ?? TEXT}"${more} ` +
    `xml:space="preserve">${escape(shown)}</text>`;
}

const plain: Omit<Run, "text"> = { color: undefined, bold: false, dim: false };

/** A line's runs, and the style in which the next line begins. */
function runsOf(line: string, first: Omit<Run, "text">): [Run[], Omit<Run, "text">] {
  let style = first;
  const runs: Run[] = [];
  // deno-lint-ignore no-control-regex
  for (const [, codes, text] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g)) {
    if (text !== undefined) runs.push({ ...style, text });
    else style = styled(style, (codes || "0").split(";").map(Number));
  }
  return [runs, style];
}

function styled(style: Omit<Run, "text">, codes: readonly number[]): Omit<Run, "text"> {
  // One of 256 colours has three codes: 38, 5 and its number.
  if (codes[0] === 38 && codes[1] === 5) return { ...style, color: colorOf(codes[2]!) };
  return codes.reduce(changed, style);
}

/** The colour of a number from 16 to 255, as xterm defines it. */
function colorOf(number: number): string {
  const levels = [0, 95, 135, 175, 215, 255];
  const at = number - 16;
  const rgb = number >= 232
    ? Array<number>(3).fill(8 + 10 * (number - 232))
    : [Math.trunc(at / 36), Math.trunc(at / 6) % 6, at % 6].map((level) => levels[level]!);
  return `rgb(${rgb.join(",")})`;
}

function changed(style: Omit<Run, "text">, code: number): Omit<Run, "text"> {
  if (code === 0) return plain;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, color: undefined };
  if (code >= 30 && code <= 37) return { ...style, color: PALETTE[code - 30]! };
  if (code >= 90 && code <= 97) return { ...style, color: PALETTE[code - 90 + 8]! };
  return style;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
