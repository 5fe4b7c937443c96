import { UsageError } from "../../base/usage_error.ts";

/** `--var NAME=VALUE`. The last one of a name counts. Throws `UsageError`. */
export function parseVariables(texts: readonly string[]): Map<string, string> {
  return new Map(texts.map((text) => {
    const equals = text.indexOf("=");
    if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
    throw new UsageError(
      `invalid variable ${JSON.stringify(text)}, expected key=value`,
      "write --var NAME=VALUE",
    );
  }));
}
