import type { Env } from "../transports/transport.ts";

/**
 * Colours of a terminal's own palette, which its user has fitted to the background, light or dark. Each
 * function returns its text unchanged where there is no terminal, or NO_COLOR is set.
 */
export interface Palette {
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
}

const painted = (code: number) => (text: string) => `\x1b[${code}m${text}\x1b[0m`;

const COLOURED: Palette = {
  good: painted(32),
  warning: painted(33),
  bad: painted(31),
  dim: painted(2),
};

const plain = (text: string) => text;
const PLAIN: Palette = { good: plain, warning: plain, bad: plain, dim: plain };

/** The palette for an output. */
export function palette({ isTerminal }: { readonly isTerminal: boolean }, env: Env): Palette {
  return isTerminal && !env("NO_COLOR") && env("TERM") !== "dumb" ? COLOURED : PLAIN;
}

/** Colours the word at the beginning of a line: `ERROR:` and `WARNING:`; a whole line of `hint:` is dim. */
export function paintLine(line: string, colors: Palette): string {
  if (line.startsWith("hint: ")) return colors.dim(line);
  return line.replace(/^ERROR:/, colors.bad).replace(/^WARNING[:!]/, colors.warning);
}
