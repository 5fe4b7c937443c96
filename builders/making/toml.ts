import { parse, TomlError, type TomlTable } from "smol-toml";

/**
 * Parses a text in TOML (https://toml.io).
 * @param fail throws the error for an invalid text. `at` is the place: `line 3, column 7`
 */
export function parseToml(text: string, fail: (at: string, problem: string) => never): TomlTable {
  try {
    return parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [problem = ""] = error.message.replace("Invalid TOML document: ", "").split("\n");
    return fail(`line ${error.line}, column ${error.column}`, problem);
  }
}
