import { equal } from "node:assert/strict";

/** Compares as JSON; a failure names the command line, and shows both sides. */
export function same(ours: unknown, theirs: unknown, shown: string): void {
  const [left, right] = [JSON.stringify(ours), JSON.stringify(theirs)];
  equal(left, right, `${shown}\nours:   ${left}\ntheirs: ${right}`);
}
