import { LimitError } from "../budget.ts";
import { ComposeError } from "../error.ts";
import { matches, type Path, shown } from "./path.ts";
import { type Lookup, MissingVariable, substitute, TemplateError } from "./template.ts";
import type { World } from "./layer.ts";
import { isMapping, type Value } from "./value.ts";

interface Interpolation {
  readonly lookup: Lookup;
  readonly world: World;
}

/** Replaces variables in every text of a model, not in keys. Throws `ComposeError`. */
export function interpolate(value: Value, context: Interpolation, path: Path = []): Value {
  if (typeof value === "string") return interpolateText(value, context, path);
  if (Array.isArray(value)) {
    return value.map((item) => interpolate(item, context, [...path, "[]"]));
  }
  if (!isMapping(value)) return value;
  return new Map(
    [...value].map(([key, item]) => [key, interpolate(item, context, [...path, key])]),
  );
}

function interpolateText(text: string, { lookup, world }: Interpolation, path: Path): Value {
  try {
    const whole = text.includes("$")
      ? substitute(text, { lookup, unset: warningOfUnset(world), budget: world.budget })
      : text;
    return matches(path, "secrets.*.external") ? composeBool(whole, world.warn) : whole;
  } catch (error) {
    if (error instanceof TemplateError) {
      throw new ComposeError(
        `invalid interpolation format for ${shown(path)}.\n` +
          `You may need to escape any $ with another $.\n${error.rest}`,
      );
    }
    if (error instanceof MissingVariable) {
      throw new ComposeError(`error while interpolating ${shown(path)}: ${error.message}`);
    }
    if (error instanceof BoolError) {
      throw new ComposeError(
        `error while interpolating ${shown(path)}: failed to cast to expected type: ` +
          error.message,
      );
    }
    if (error instanceof LimitError) {
      throw new ComposeError(`error while interpolating ${shown(path)}: ${error.message}`);
    }
    throw error;
  }
}

/** Warns of a variable that has no value. */
export function warningOfUnset({ warn }: World): (name: string) => void {
  return (name) => warn(`The "${name}" variable is not set. Defaulting to a blank string.`);
}

class BoolError extends Error {}

/** Reads a boolean, also in YAML 1.1's words. Throws an Error for another text. */
export function composeBool(text: string, warn: (text: string) => void): boolean {
  const word = text.toLowerCase();
  const found = new Map([["y", true], ["yes", true], ["on", true], ["n", false], ["no", false]])
    .set("off", false).get(word);
  if (word === "true" || word === "false") return word === "true";
  if (found === undefined) throw new BoolError(`invalid boolean: ${text}`);
  warn(`"${text}" for boolean is not supported by YAML 1.2, please use \`${found}\``);
  return found;
}
