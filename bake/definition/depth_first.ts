/** The callbacks of a visit of a graph of names. */
interface Visit {
  /** Returns the names that a name leads to. Called once for each name. */
  enter(name: string): readonly string[];
  /** Called after all names that a name leads to were left. */
  leave(name: string): void;
  /**
   * Called when a name leads back to one that was entered and not left yet. That one is not
   * followed.
   */
  cycle?(from: string, to: string): void;
}

/**
 * Visits a name and all that it leads to, depth first. There is no recursion, because a chain of
 * names may be longer than the stack.
 * @param left the names that were left before; `leave` adds to them
 */
export function depthFirst(
  start: string,
  visit: Visit,
  left: { has(name: string): boolean },
): void {
  if (left.has(start)) return;
  const path = [{ name: start, ahead: [...visit.enter(start)].reverse() }];
  const onPath = new Set([start]);
  for (let step; (step = path.at(-1)) !== undefined;) {
    const next = step.ahead.pop();
    if (next === undefined) {
      visit.leave(step.name);
      onPath.delete(step.name);
      path.pop();
    } else if (onPath.has(next)) visit.cycle?.(step.name, next);
    else if (!left.has(next)) {
      path.push({ name: next, ahead: [...visit.enter(next)].reverse() });
      onPath.add(next);
    }
  }
}
