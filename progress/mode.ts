import type { Env } from "../base/env.ts";
import { choices } from "../base/nearest.ts";

/** How progress is shown. `quiet` shows none. */
export type Mode = "tty" | "plain" | "rawjson" | "quiet";

/** The values of --progress. */
const MODES = ["auto", "none", "plain", "quiet", "rawjson", "tty"];

/** An error about the progress mode, in buildx's words. */
export class ProgressModeError extends Error {
  override readonly name = "ProgressModeError";
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/**
 * The mode, and whether the image's ID is printed after the build: `-q` and `--progress=quiet`
 * print it, `--progress=none` doesn't. BUILDKIT_PROGRESS replaces the flag's value auto.
 * @param flag the value of `--progress`
 * @param isQuiet the value of `-q`
 * @throws ProgressModeError for an unknown mode, for tty without a terminal, and for -q with a
 *   visible mode.
 */
export function chooseMode(
  flag: string,
  { env, stderr: { isTerminal } }: {
    readonly env: Env;
    readonly stderr: { readonly isTerminal: boolean };
  },
  isQuiet = false,
): { mode: Mode; printId: boolean } {
  if (isQuiet || flag === "quiet") {
    if (!["auto", "none", "quiet"].includes(flag)) {
      throw new ProgressModeError(`progress=${flag} and quiet cannot be used together`);
    }
    return { mode: "quiet", printId: true };
  }
  const name = flag === "auto" ? env("BUILDKIT_PROGRESS") || flag : flag;
  switch (name) {
    case "":
    case "auto":
      // A dumb terminal can't repaint lines.
      return { mode: isTerminal && env("TERM") !== "dumb" ? "tty" : "plain", printId: false };
    case "tty":
      if (isTerminal) return { mode: "tty", printId: false };
      throw new ProgressModeError(
        "failed to get console: provided file is not a console",
        "--progress=tty needs a terminal; plain and rawjson need none",
      );
    case "plain":
    case "rawjson":
      return { mode: name, printId: false };
    // BUILDKIT_PROGRESS=quiet shows nothing and prints no ID.
    case "quiet":
    case "none":
      return { mode: "quiet", printId: false };
    default:
      throw new ProgressModeError(`invalid progress mode ${name}`, choices(name, MODES));
  }
}
