/** A value or a calculation grew beyond all use; no `try()` catches it. */
export class LimitError extends Error {
  override readonly name = "LimitError";
}
