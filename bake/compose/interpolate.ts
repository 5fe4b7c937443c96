import { LimitError } from "../budget.ts";
import { ComposeError } from "../error.ts";
import { matches, type Path, shown } from "./path.ts";
import { type Lookup, MissingVariable, substitute, TemplateError } from "./template.ts";
import type { World } from "./layer.ts";
import { type Value, withParts } from "./value.ts";

interface Interpolation {
  readonly lookup: Lookup;
  readonly world: World;
}

/** Replaces variables in every text of a model, not in keys. Throws `ComposeError`. */
export function interpolate(value: Value, context: Interpolation, path: Path = []): Value {
  if (typeof value === "string") return interpolateText(value, context, path);
  return withParts(value, path, (part, path) => interpolate(part, context, path));
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
    const isBool = error instanceof BoolError;
    const isExpected = error instanceof MissingVariable || error instanceof LimitError;
    if (!isBool && !isExpected) throw error;
    const reason = `${isBool ? "failed to cast to expected type: " : ""}${error.message}`;
    throw new ComposeError(`error while interpolating ${shown(path)}: ${reason}`);
  }
}

/** Warns of a variable that has no value. */
export function warningOfUnset({ warn }: World): (name: string) => void {
  return (name) => warn(`The "${name}" variable is not set. Defaulting to a blank string.`);
}

class BoolError extends ComposeError {}

/** The words of YAML 1.1, which YAML 1.2 reads as texts. */
const OLD_BOOLS = new Map(
  Object.entries({ y: true, yes: true, on: true, n: false, no: false, off: false }),
);

/** Reads a boolean, also in YAML 1.1's words. Throws `ComposeError`. */
export function composeBool(text: string, warn: (text: string) => void): boolean {
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  const found = OLD_BOOLS.get(word);
  if (found === undefined) throw new BoolError(`invalid boolean: ${text}`, "it is true or false");
  warn(`"${text}" for boolean is not supported by YAML 1.2, please use \`${found}\``);
  return found;
}
