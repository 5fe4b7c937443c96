import { charWidth } from "../base/width.ts";

/**
 * Emulates a terminal for the end of a step's output: programs draw progress bars with carriage
 * returns and cursor movements. Colours and all other sequences are ignored.
 *
 * @returns the rows that aren't empty, at most `height`, of at most `columns` columns each.
 */
export function screenRows(text: string, columns: number, height: number): string[] {
  // The second half of a wide character is an empty cell.
  const rows: string[][] = [[]];
  let x = 0;
  let y = 0;

  function row(): string[] {
    while (rows.length <= y) rows.push([]);
    while (rows.length > height) {
      rows.shift();
      y--;
    }
    return rows[y] ??= [];
  }

  function put(character: string): void {
    const width = charWidth(character);
    if (width === 0) {
      const cells = row();
      const at = Math.min(x, cells.length) - 1;
      if (at >= 0) cells[at] += character;
      return;
    }
    // A full row wraps when the next character comes, not before: \r still returns to its start.
    if (x + width > columns) {
      x = 0;
      y++;
    }
    const cells = row();
    while (cells.length < x) cells.push(" ");
    cells[x] = character;
    if (width === 2) cells[x + 1] = "";
    x += width;
  }

  function sequence(final: string, args: string): void {
    const numbers = args.split(";").map((arg) => parseInt(arg) || 0);
    const [first = 0, second = 0] = numbers;
    const count = Math.max(1, first);
    switch (final) {
      case "A":
        y = Math.max(0, y - count);
        break;
      case "B":
        y = Math.min(rows.length - 1, y + count);
        break;
      case "C":
        x = Math.min(columns - 1, x + count);
        break;
      case "D":
        x = Math.max(0, x - count);
        break;
      case "E":
        x = 0;
        y = Math.min(rows.length - 1, y + count);
        break;
      case "F":
        x = 0;
        y = Math.max(0, y - count);
        break;
      case "G":
        x = Math.min(columns, count) - 1;
        break;
      case "H":
      case "f":
        y = Math.min(height, count) - 1;
        x = Math.min(columns, Math.max(1, second)) - 1;
        break;
      case "K":
        eraseLine(first);
        break;
      case "J":
        if (first >= 2) rows.length = 0;
        else if (first === 1) { for (let i = 0; i < y; i++) rows[i] = []; }
        else rows.length = Math.min(rows.length, y + 1);
        eraseLine(first);
        break;
    }
  }

  function eraseLine(how: number): void {
    const cells = row();
    if (how === 0) cells.length = Math.min(cells.length, x);
    else if (how === 1) cells.fill(" ", 0, x + 1);
    else cells.length = 0;
  }

  for (const [token, args, final] of text.matchAll(TOKEN)) {
    if (final) sequence(final, args ?? "");
    else if (token === "\n") {
      // A row is made with its first character, so that a final line end adds no row.
      x = 0;
      y++;
    } else if (token === "\r") x = 0;
    else if (token === "\b") x = Math.max(0, x - 1);
    else if (token === "\t") x = Math.min(columns - 1, (x >> 3) + 1 << 3);
    else if (token >= " " && token !== "\x7f") put(token);
  }
  return rows.map((cells) => cells.join("").trimEnd()).filter((line) => line !== "");
}

/**
 * One character, or one sequence: a control sequence (its arguments and final character), an
 * operating system command up to BEL or ESC \, another escape.
 */
const TOKEN =
  // deno-lint-ignore no-control-regex -- control characters are what it is about
  /\x1b\[([ -?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b\[[ -?]*$|\x1b[ -/]*[0-~]?|[^]/gu;
