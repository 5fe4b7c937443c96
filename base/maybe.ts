/**
 * The result of `run`; undefined if it throws. It is for calls whose every failure means "nothing
 * there".
 */
export function maybe<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
