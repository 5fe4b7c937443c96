import type { BrokenFile } from "../builders/store/store.ts";
import { paintLine, palette } from "./colors.ts";
import type { Deps } from "./deps.ts";

/** A warning without an environment has no colours. */
type Warned = Pick<Deps, "stderr"> & Partial<Pick<Deps, "env">>;

/** Warns of a problem that doesn't stop the command. */
export function warn({ stderr, env }: Warned, text: string): void {
  const line = `WARNING: ${text}`;
  stderr.write(`${env ? paintLine(line, palette(stderr, env)) : line}\n`);
}

/** The warnings of each command so far. */
const warned = new WeakMap<object, Set<string>>();

/**
 * Prints each warning once for each command, even if each of many connections causes it.
 * @param write replaces writing to stderr while a display has the terminal
 */
export function warnOnce(
  deps: Warned,
  write?: (line: string) => void,
): (text: string) => void {
  const texts = warned.get(deps.stderr) ?? new Set();
  warned.set(deps.stderr, texts);
  return (text) => {
    if (!texts.has(text)) write ? write(`WARNING: ${text}`) : warn(deps, text);
    texts.add(text);
  };
}

/** Warns of broken files in the store; it doesn't change them. */
export function warnBroken(deps: Warned, broken: readonly BrokenFile[]): void {
  for (const { path, lacks, reason } of broken) {
    warn(deps, `${path} is skipped, because it contains no ${lacks}: ${reason}`);
  }
}
