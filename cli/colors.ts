import type { Env } from "../transports/transport.ts";

/**
 * Colours of the 256 that most terminals have, by their numbers. Each has a contrast of at least 3
 * with a black and with a white background (WCAG 2.2, 1.4.11). So the program need not know the
 * background.
 */
export const LEGIBLE = { good: 28, warning: 166, bad: 160, dim: 244, run: 33 } as const;

/** The codes of a terminal with fewer colours: its user has fitted them to the background. */
const BASIC = { good: 32, warning: 33, bad: 31, dim: 2, run: 34 } as const;

export type ColorName = keyof typeof LEGIBLE;

/** The escape sequence that begins a colour on this terminal. */
export function colorCode(name: ColorName, env: Env): string {
  const hasMany = /256color|direct/.test(env("TERM") ?? "") || (env("COLORTERM") ?? "") !== "";
  return hasMany ? `\x1b[38;5;${LEGIBLE[name]}m` : `\x1b[${BASIC[name]}m`;
}

/** Each function returns its text unchanged where there is no terminal, or NO_COLOR is set. */
export interface Palette {
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
}

const plain = (text: string) => text;
const PLAIN: Palette = { good: plain, warning: plain, bad: plain, dim: plain };

/** The palette for an output. */
export function palette({ isTerminal }: { readonly isTerminal: boolean }, env: Env): Palette {
  if (!isTerminal || env("NO_COLOR") || env("TERM") === "dumb") return PLAIN;
  const painted = (name: ColorName) => {
    const code = colorCode(name, env);
    return (text: string) => `${code}${text}\x1b[0m`;
  };
  return {
    good: painted("good"),
    warning: painted("warning"),
    bad: painted("bad"),
    dim: painted("dim"),
  };
}

/**
 * Colours the word at the beginning of a line: `ERROR:` and `WARNING:`; a whole line of `hint:` is
 * dim.
 */
export function paintLine(line: string, colors: Palette): string {
  if (line.startsWith("hint: ")) return colors.dim(line);
  return line.replace(/^ERROR:/, colors.bad).replace(/^WARNING[:!]/, colors.warning);
}
