/** The message of an error, and the text of another thrown value. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The text of the innermost cause: the reason that the errors around it only wrap. */
export function innermostText(thrown: unknown): string {
  let innermost = thrown;
  while (innermost instanceof Error && innermost.cause) innermost = innermost.cause;
  return errorText(innermost);
}
