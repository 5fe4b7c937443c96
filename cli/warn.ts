import type { BrokenFile } from "../builders/store/store.ts";
import type { Deps } from "./deps.ts";

/** Tells the user of something that isn't right and doesn't stop the command. */
export function warn(deps: Pick<Deps, "stderr">, text: string): void {
  deps.stderr.write(`WARNING: ${text}\n`);
}

/** What each command has said. */
const said = new WeakMap<object, Set<string>>();

/**
 * The same, each text once a command: for what is met at each of many connections.
 * @param write in place of stderr, while something else is shown there
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

/** Tells of files in the store that don't hold what they should; they are left alone. */
export function warnBroken(deps: Pick<Deps, "stderr">, broken: readonly BrokenFile[]): void {
  for (const { path, lacks, reason } of broken) {
    warn(deps, `${path} holds no ${lacks}, skipped: ${reason}`);
  }
}
