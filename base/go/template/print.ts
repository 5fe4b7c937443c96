import { byKey } from "../../by_key.ts";
import { quote, quoteRune } from "../quote.ts";
import { typeName } from "./values.ts";

/** A value as Go's fmt prints it with `%v`; with `names`, as with `%+v`. */
export function goText(value: unknown, names = false): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  if (typeof value === "number") return floatText(value);
  const inner = (item: unknown) => goText(item ?? null, names);
  if (Array.isArray(value)) return `[${value.map(inner).join(" ")}]`;
  if (value instanceof Map) {
    const entries = [...value].sort(byKey);
    return `map[${entries.map(([key, item]) => `${goText(key)}:${inner(item)}`).join(" ")}]`;
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value.toString === Object.prototype.toString) {
    const fields = Object.entries(value).filter(([, item]) => typeof item !== "function");
    const texts = fields.map(([name, item]) => (names ? `${name}:` : "") + inner(item));
    return `{${texts.join(" ")}}`;
  }
  return String(value);
}

/** Go's Sprint: a space separates two arguments if neither is a text. */
export function goSprint(args: readonly unknown[]): string {
  const isText = (value: unknown) => typeof value === "string";
  return args.map((arg, i) =>
    (i > 0 && !isText(arg) && !isText(args[i - 1]) ? " " : "") + goText(arg ?? null)
  ).join("");
}

/**
 * Go's Sprintf: `%v %+v %s %q %d %b %o %x %X %c %U %e %f %g %t %T %%`, with flags, width and
 * precision: `%-10s`, `%5.2f`, `%03d`, `%*d`. An argument of the wrong type is printed as in Go:
 * `%!d(string=x)`.
 */
export function goSprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const out = format.replace(
    /%([-+ 0#]*)(\*|\d*)(?:\.(\d*))?([^]?)/gu,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (verb === "") return "%!(NOVERB)";
      const size = Number(width === "*" ? args[next++] : width);
      if (next >= args.length) return `%!${verb}(MISSING)`;
      return pad(convert(verb, args[next++], flags, precision), flags, size);
    },
  );
  const extra = args.slice(next).map((arg) => `${typeName(arg)}=${goText(arg ?? null)}`);
  return extra.length > 0 ? `${out}%!(EXTRA ${extra.join(", ")})` : out;
}

function convert(
  verb: string,
  value: unknown,
  flags: string,
  precision: string | undefined,
): string {
  if (verb === "T") return typeName(value);
  if (verb === "v") return signed(value, goText(value ?? null, flags.includes("+")), flags);
  if (value === undefined || value === null) return `%!${verb}(<nil>)`;
  if (Array.isArray(value)) {
    return `[${value.map((item) => convert(verb, item, flags, precision)).join(" ")}]`;
  }
  const text = typeof value === "number"
    ? numberText(verb, value, precision)
    : typeof value === "bigint"
    ? integerText(verb, value)
    : typeof value === "boolean"
    ? verb === "t" ? String(value) : undefined
    : stringText(verb, goText(value), precision);
  return text === undefined
    ? `%!${verb}(${typeName(value)}=${goText(value)})`
    : signed(value, text, flags);
}

function signed(value: unknown, text: string, flags: string): string {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  if (!isNumber || value < 0) return text;
  return flags.includes("+") ? `+${text}` : flags.includes(" ") ? ` ${text}` : text;
}

function stringText(verb: string, text: string, precision: string | undefined) {
  const cut = precision === undefined ? text : [...text].slice(0, Number(precision)).join("");
  switch (verb) {
    case "s":
      return cut;
    case "q":
      return quote(cut);
    case "x":
      return new TextEncoder().encode(cut).toHex();
    case "X":
      return new TextEncoder().encode(cut).toHex().toUpperCase();
  }
  return undefined;
}

function numberText(verb: string, value: number, precision: string | undefined) {
  const digits = precision === undefined ? undefined : Number(precision);
  switch (verb) {
    case "f":
    case "F":
      return value.toFixed(digits ?? 6);
    case "e":
      return exponent(value.toExponential(digits ?? 6));
    case "g":
      return digits === undefined ? floatText(value) : String(Number(value.toPrecision(digits)));
  }
  return Number.isInteger(value) ? integerText(verb, BigInt(value)) : undefined;
}

function integerText(verb: string, value: bigint): string | undefined {
  switch (verb) {
    case "d":
      return String(value);
    case "b":
      return value.toString(2);
    case "o":
      return value.toString(8);
    case "x":
      return value.toString(16);
    case "X":
      return value.toString(16).toUpperCase();
    case "c":
      return String.fromCodePoint(Number(value));
    case "q":
      return quoteRune(String.fromCodePoint(Number(value)));
    case "U":
      return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
  }
  return undefined;
}

/** Go's shortest form: an exponent of two digits below 1e-4 and from 1e21 on. */
function floatText(value: number): string {
  const text = String(value);
  if (text.includes("e")) return exponent(text);
  return value !== 0 && Math.abs(value) < 1e-4 ? exponent(value.toExponential()) : text;
}

function exponent(text: string): string {
  return text.replace(/e([-+])(\d)$/, "e$10$2");
}

function pad(text: string, flags: string, width: number): string {
  const missing = " ".repeat(Math.max(0, width - [...text].length));
  if (flags.includes("-")) return text + missing;
  if (!flags.includes("0")) return missing + text;
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  return sign + missing.replaceAll(" ", "0") + text.slice(sign.length);
}
