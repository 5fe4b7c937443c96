/** Reads the driver options of drivers that make daemons. */
import { quote } from "../../base/go/quote.ts";
import { nearest } from "../../base/nearest.ts";
import { BuilderError } from "../builder_error.ts";
import { OPTION_NAMES } from "./option_names.ts";

/** Parses the value of an option. Throws `BuilderError` with the parser's words. */
export function readOption<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw new BuilderError((error as Error).message, {
      hint: `check the driver option ${name}=${text}`,
      cause: error,
    });
  }
}

/** The variable of an option `env.NAME`; undefined for another option. Throws `BuilderError`. */
export function variableOf(name: string): string | undefined {
  if (!name.startsWith("env.")) return undefined;
  if (name !== "env.") return name.slice("env.".length);
  throw new BuilderError(`invalid env option ${quote(name)}, expecting env.FOO=bar`, {
    hint: "write the variable's name after the dot",
  });
}

/** The error for an option that a driver lacks. */
export function unknownOption(name: string, driver: string): BuilderError {
  const known = namesOf(driver);
  const near = nearest(name, known);
  const others = Object.keys(OPTION_NAMES).filter((other) => namesOf(other).includes(name));
  const hint = [
    ...others.length > 0 ? [`the option exists for ${others.join(" and ")};`] : [],
    ...others.length === 0 && near !== undefined ? [`did you mean ${near}?`] : [],
    `the options are ${known.join(", ")}`,
  ].join(" ");
  // In buildx's words, which differ by driver.
  const of = driver === "kubernetes" ? "driver kubernetes" : `${driver} driver`;
  return new BuilderError(`invalid driver option ${name} for ${of}`, { hint });
}

function namesOf(driver: string): readonly string[] {
  return (OPTION_NAMES as Readonly<Record<string, readonly string[]>>)[driver] ?? [];
}
