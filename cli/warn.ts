import type { BrokenFile } from "../builders/store/store.ts";
import type { Deps } from "./deps.ts";

/** Warns of a problem that doesn't stop the command. */
export function warn(deps: Pick<Deps, "stderr">, text: string): void {
  deps.stderr.write(`WARNING: ${text}\n`);
}

/** The warnings of each command so far. */
const said = new WeakMap<object, Set<string>>();

/**
 * Prints each warning once for each command, even if each of many connections causes it.
 * @param write replaces writing to stderr while a display has the terminal
 */
export function warnOnce(
  deps: Pick<Deps, "stderr">,
  write = (line: string) => deps.stderr.write(line + "\n"),
): (text: string) => void {
  const texts = said.get(deps.stderr) ?? new Set();
  said.set(deps.stderr, texts);
  return (text) => {
    if (!texts.has(text)) write(`WARNING: ${text}`);
    texts.add(text);
  };
}

/** Warns of broken files in the store; it doesn't change them. */
export function warnBroken(deps: Pick<Deps, "stderr">, broken: readonly BrokenFile[]): void {
  for (const { path, lacks, reason } of broken) {
    warn(deps, `${path} holds no ${lacks}, skipped: ${reason}`);
  }
}
