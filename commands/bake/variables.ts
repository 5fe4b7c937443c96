import { UsageError } from "../../base/usage_error.ts";
import { cut } from "../../base/cut.ts";

/** `--var NAME=VALUE`. The last one of a name counts. Throws `UsageError`. */
export function parseVariables(texts: readonly string[]): Map<string, string> {
  return new Map(texts.map((text) => {
    const [name, value] = cut(text, "=");
    if (name !== "" && value !== undefined) return [name, value];
    throw new UsageError(
      `invalid variable ${JSON.stringify(text)}, expected key=value`,
      "write --var NAME=VALUE",
    );
  }));
}
