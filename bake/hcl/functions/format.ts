/** `format`: a text with verbs, `%s`, `%05d`, `%[2]q`, that take the arguments. */
import type { BigFloat } from "../values/big_float.ts";
import { convert } from "../values/convert.ts";
import { ArgumentError, FunctionError } from "../function.ts";
import { jsonString, toJson } from "../values/json_text.ts";
import { type Budget, checkLength, LimitError } from "../../budget.ts";
import { countGraphemes, graphemes } from "../values/text.ts";
import { quote } from "../../../base/go/quote.ts";
import { BOOL, isSequence, NUMBER, STRING, type Type } from "../values/type.ts";
import { elementsOf, listOf, stringOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, textIn } from "./define.ts";

interface Verb {
  readonly raw: string;
  readonly offset: number;
  readonly argument: number;
  readonly letter: string;
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

const MAX_WIDTH = 1 << 16;
const pattern = /%([0#+ -]*)([1-9]\d*)?(?:\.(\d*))?(?:\[(?:([1-9]\d*))\])?([a-zA-Z])/y;

function formatted(format: string, args: readonly Value[], budget: Budget): string {
  let out = "", next = 1, highest = 0;
  for (let at = 0; at < format.length;) {
    const percent = format.indexOf("%", at);
    if (percent < 0) {
      out += format.slice(at);
      break;
    }
    out += format.slice(at, percent);
    if (format[percent + 1] === "%") {
      out += "%";
      at = percent + 2;
      continue;
    }
    const verb = readVerb(format, percent, next);
    out += verbText(verb, args, budget);
    checkLength(out.length);
    highest = Math.max(highest, verb.argument);
    next = verb.argument + 1;
    at = percent + verb.raw.length;
  }
  if (highest < args.length) {
    const extra = highest === 0
      ? "too many arguments; no verbs in format string"
      : `too many arguments; only ${highest} used by format string`;
    throw new ArgumentError(highest + 1, extra);
  }
  return out;
}

function readVerb(format: string, at: number, next: number): Verb {
  pattern.lastIndex = at;
  const found = pattern.exec(format);
  if (found === null) throw badVerb(format, at);
  const [raw, flags = "", width, precision, index, letter] = found;
  const bound = (digits: string | undefined) => {
    if (digits === undefined) return undefined;
    if (Number(digits) > MAX_WIDTH) {
      throw new LimitError(`a format asks for a width above ${MAX_WIDTH}`);
    }
    return Number(digits);
  };
  return {
    raw,
    offset: new TextEncoder().encode(format.slice(0, at)).length,
    argument: index === undefined ? next : Number(index),
    letter: letter!,
    flags,
    width: bound(width),
    precision: bound(precision),
  };
}

/** The error for a verb that can't be read, with the offset of the wrong character. */
function badVerb(format: string, at: number): FunctionError {
  const good =
    /^%[0#+ -]*(?:[1-9]\d*)?(?:\.\d*)?(?:\[(?:[1-9]\d*)?\]?)?/.exec(format.slice(at))![0];
  const end = at + good.length;
  const offset = new TextEncoder().encode(format.slice(0, end)).length;
  const character = [...format.slice(end, end + 2)][0];
  if (character === undefined) {
    return new FunctionError(`invalid format string starting at offset ${offset}`);
  }
  const shown = quote(character).slice(1, -1).replace("'", "\\'").replace('\\"', '"');
  return new FunctionError(`unrecognized format character '${shown}' at offset ${offset}`);
}

function unsupported({ raw, offset }: Verb, why: string): FunctionError {
  return new FunctionError(`unsupported value for ${quote(raw)} at ${offset}: ${why}`);
}

function verbText(verb: Verb, args: readonly Value[], budget: Budget): string {
  budget.step();
  const value = args[verb.argument - 1];
  if (value === undefined) {
    throw new FunctionError(
      `not enough arguments for ${quote(verb.raw)} at ${verb.offset}: need index ` +
        `${verb.argument} but have ${args.length} total`,
    );
  }
  if (verb.letter !== "v" && value.content === null) {
    throw unsupported(verb, "null value cannot be formatted");
  }
  switch (verb.letter) {
    case "v":
      return pad(verb, plain(verb, value), budget);
    case "t":
      return String(as(verb, value, BOOL).content);
    case "b":
    case "d":
    case "o":
    case "x":
    case "X":
      return integer(verb, as(verb, value, NUMBER).content as BigFloat);
    case "e":
    case "E":
    case "f":
    case "g":
    case "G":
      return float(verb, as(verb, value, NUMBER).content as BigFloat);
    case "s":
    case "q": {
      const text = cut(verb, textIn(as(verb, value, STRING)), budget);
      return pad(verb, verb.letter === "q" ? jsonString(text) : text, budget);
    }
    default:
      throw new FunctionError(
        `unsupported format verb '${verb.letter}' in ${quote(verb.raw)} at offset ${verb.offset}`,
      );
  }
}

function as(verb: Verb, value: Value, type: Type): Value {
  return convert(value, type, (why) => unsupported(verb, why));
}

/** The text of `%v`. Strings and numbers are plain, other values JSON; with `#`, all are JSON. */
function plain({ flags }: Verb, value: Value): string {
  if (!flags.includes("#") && value.content !== null) {
    if (value.type.kind === "string") return textIn(value);
    if (value.type.kind === "number") return (value.content as BigFloat).text("g");
  }
  return toJson(value);
}

function cut({ precision }: Verb, text: string, budget: Budget): string {
  return precision ? graphemes(text, budget).slice(0, precision).join("") : text;
}

function pad({ width, flags }: Verb, text: string, budget: Budget): string {
  if (width === undefined) return text;
  const missing = width - countGraphemes(text, budget);
  if (missing <= 0) return text;
  const filling = (flags.includes("0") ? "0" : " ").repeat(missing);
  return flags.includes("-") ? text + filling : filling + text;
}

const radixes: Record<string, number> = { b: 2, d: 10, o: 8, x: 16, X: 16 };
const prefixes: Record<string, string> = { b: "0b", o: "0", x: "0x", X: "0X" };

function integer(verb: Verb, number: BigFloat): string {
  if (!number.isInteger) throw unsupported(verb, "an integer is required");
  const value = number.toBigInt();
  const { letter, precision } = verb;
  let digits = (value < 0n ? -value : value).toString(radixes[letter]);
  if (letter === "X") digits = digits.toUpperCase();
  if (precision === 0 && value === 0n) digits = "";
  const prefix = verb.flags.includes("#") ? prefixes[letter] ?? "" : "";
  const sign = signOf(verb, value < 0n);
  digits = digits.padStart(precision ?? 0, "0");
  if (precision === undefined) return fill(verb, sign + prefix, digits);
  return fill({ ...verb, flags: verb.flags.replaceAll("0", "") }, sign + prefix, digits);
}

function signOf({ flags }: Verb, negative: boolean): string {
  return negative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

/** Pads to the width. Zeros come behind the sign. */
function fill({ width = 0, flags }: Verb, prefix: string, digits: string): string {
  const missing = width - prefix.length - digits.length;
  if (missing <= 0) return prefix + digits;
  if (flags.includes("-")) return prefix + digits + " ".repeat(missing);
  return flags.includes("0")
    ? prefix + "0".repeat(missing) + digits
    : " ".repeat(missing) + prefix + digits;
}

function float(verb: Verb, number: BigFloat): string {
  const format = verb.letter.toLowerCase() as "e" | "f" | "g";
  const digits = verb.precision ?? (format === "g" ? undefined : 6);
  let text = number.absolute().text(format, digits).replace(/^\+Inf$/, "Inf");
  if (verb.letter < "a") text = text.replace("e", "E");
  const sign = number.infinite && !number.negative && signOf(verb, false) === ""
    ? "+"
    : signOf(verb, number.negative);
  const { flags } = verb;
  const zeros = number.infinite ? flags.replaceAll("0", "") : flags;
  return fill({ ...verb, flags: zeros }, sign, text);
}

/** One text for each element of the lists. An argument that is no list is used for all of them. */
function formatlist([format, ...args]: Args, budget: Budget): Value {
  if (args.length === 0) return listOf(STRING, [stringOf(formatted(textIn(format), [], budget))]);
  let length = -1, chooser = -1;
  const columns = args.map((arg, i) => {
    if (!isSequence(arg.type) || arg.content === null) return undefined;
    const elements = elementsOf(arg);
    if (length >= 0 && elements.length !== length) {
      throw new ArgumentError(
        i + 1,
        `argument ${i + 1} has length ${elements.length}, which is inconsistent with argument ` +
          `${chooser + 1} of length ${length}`,
      );
    }
    if (length < 0) [length, chooser] = [elements.length, i];
    return elements;
  });
  const texts: Value[] = [];
  for (let row = 0; row < (length < 0 ? 1 : length); row++) {
    budget.step(args.length + textIn(format).length / 64);
    try {
      const cells = args.map((arg, i) => columns[i]?.[row] ?? arg);
      texts.push(budget.made(stringOf(formatted(textIn(format), cells, budget))));
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      throw new FunctionError(`error on format iteration ${row}: ${error.message}`);
    }
  }
  return listOf(STRING, texts);
}

export const functions: Functions = {
  format: define(
    "format:string ...args?:any",
    ([format, ...args], budget) => stringOf(formatted(textIn(format), args, budget)),
  ),
  formatlist: define("format:string ...args?:any", formatlist),
};
