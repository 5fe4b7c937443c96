import { colorCode } from "../cli/colors.ts";

/** Escape sequences that begin a colour; empty strings for none. */
export interface Colors {
  /** Steps that are done. */
  readonly run: string;
  readonly cancel: string;
  readonly warning: string;
  readonly error: string;
  /** Log lines. */
  readonly log: string;
}

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

const NONE: Colors = { run: "", cancel: "", warning: "", error: "", log: "" };

/**
 * The colours that the environment asks for: NO_COLOR (if not empty) for none, BUILDKIT_COLORS as
 * `run=blue:cancel=yellow:warning=yellow:error=1,200,30` (names, `light-` names, `default`, RGB).
 * A part that can't be read is skipped and reported in `problems`.
 */
export function readColors(
  env: (name: string) => string | undefined,
): { colors: Colors; problems: string[] } {
  if (env("NO_COLOR")) return { colors: NONE, problems: [] };
  const colors: Record<keyof Colors, string> = {
    run: colorCode("run", env),
    cancel: colorCode("warning", env),
    warning: colorCode("warning", env),
    error: colorCode("bad", env),
    log: colorCode("dim", env),
  };
  const problems: string[] = [];
  for (const part of (env("BUILDKIT_COLORS") ?? "").split(":")) {
    if (part === "") continue;
    const [key = "", value = "", ...more] = part.replaceAll('"', "").toLowerCase().split("=");
    const color = more.length === 0 ? readColor(value) : undefined;
    if (
      color !== undefined &&
      (key === "run" || key === "cancel" || key === "warning" || key === "error")
    ) {
      colors[key] = color;
    } else {
      problems.push(
        `BUILDKIT_COLORS: ignored ${JSON.stringify(part)}: wanted run, cancel, warning or error, ` +
          `then =, then a colour's name or three numbers from 0 to 255`,
      );
    }
  }
  return { colors, problems };
}

function readColor(value: string): string | undefined {
  if (value === "default") return sgr(39);
  const light = value.startsWith("light-");
  const at = NAMES.indexOf(light ? value.slice(6) : value);
  if (at >= 0) return sgr(at + (light ? 90 : 30));
  const numbers = value.split(",");
  if (numbers.length !== 3 || !numbers.every((text) => /^\d{1,3}$/.test(text) && +text <= 255)) {
    return undefined;
  }
  // The cube of 6 × 6 × 6 colours, which more terminals know than the full range.
  const [red = 0, green = 0, blue = 0] = numbers.map((text) => Math.trunc(+text / 43));
  return `\x1b[38;5;${16 + 36 * red + 6 * green + blue}m`;
}

function sgr(code: number): string {
  return `\x1b[${code}m`;
}

/** Text in a colour; only the text if that is empty. */
export function paint(text: string, color: string): string {
  return color ? `${color}${text}\x1b[0m` : text;
}
