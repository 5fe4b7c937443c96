/** The error for a `--format` that can't be parsed, or that names an unknown field. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  constructor(problem: string, readonly hint?: string) {
    super(`template parsing error: ${problem}`);
  }
}
