/** The remedies for errors of builds, by error. */
const hints = new WeakMap<object, string>();

/** Notes the remedy for an error, as a sentence without full stop. */
export function noteHint(error: object, hint: string): void {
  hints.set(error, hint);
}

/** The remedy that was noted for an error. */
export function notedHint(error: object): string | undefined {
  return hints.get(error);
}
