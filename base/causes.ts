/** An error, its cause, the cause of that, and so on. */
export function* causesOf(thrown: unknown): Generator<Error, undefined> {
  for (let error = thrown; error instanceof Error; error = error.cause) yield error;
}
