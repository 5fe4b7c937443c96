import { quote } from "../../flags/quote.ts";

/** A value as Go's fmt prints it with `%v`. Null is a nil pointer, undefined what isn't there. */
export function goText(value: unknown): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(inner).join(" ")}]`;
  if (value instanceof Map) {
    const entries = [...value].sort(([a], [b]) => a < b ? -1 : 1);
    return `map[${entries.map(([key, item]) => `${goText(key)}:${inner(item)}`).join(" ")}]`;
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value.toString === Object.prototype.toString) {
    return `{${Object.values(value).map(inner).join(" ")}}`;
  }
  return String(value);
}

function inner(value: unknown): string {
  return goText(value ?? null);
}

/**
 * Go's Sprintf for `%v %s %d %q %t %f %x %%` with flags, width and precision: `%-10s`, `%5.2f`,
 * `%03d`. What it can't format is printed as Go prints it: `%!d(string=x)`.
 */
export function goSprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const out = format.replace(
    /%([-+ 0#]*)(\d*)(?:\.(\d*))?([a-zA-Z%])/g,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (next >= args.length) return `%!${verb}(MISSING)`;
      return pad(convert(verb, args[next++], flags, precision), flags, Number(width));
    },
  );
  const extra = args.slice(next).map((arg) => `${typeName(arg)}=${goText(arg)}`);
  return extra.length > 0 ? `${out}%!(EXTRA ${extra.join(", ")})` : out;
}

function convert(verb: string, value: unknown, flags: string, precision: string | undefined) {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const sign = flags.includes("+") && isNumber && value >= 0 ? "+" : "";
  switch (verb) {
    case "v":
      return sign + goText(value);
    case "s":
      return goText(value).slice(0, precision === undefined ? undefined : Number(precision));
    case "q":
      return quote(goText(value));
    case "d":
      if (isNumber && Number.isInteger(Number(value))) return sign + String(value);
      break;
    case "f":
      if (isNumber) return sign + Number(value).toFixed(Number(precision ?? 6));
      break;
    case "x":
      if (isNumber) return sign + value.toString(16);
      return new TextEncoder().encode(goText(value)).toHex();
    case "t":
      if (typeof value === "boolean") return String(value);
  }
  return `%!${verb}(${typeName(value)}=${goText(value)})`;
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function typeName(value: unknown): string {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  return Array.isArray(value) ? "[]interface {}" : value instanceof Map ? "map" : "struct";
}
