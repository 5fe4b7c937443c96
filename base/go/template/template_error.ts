/** A `--format` that can't be read, or asks for what isn't there. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  constructor(problem: string, readonly hint?: string) {
    super(`template parsing error: ${problem}`);
  }
}
