import { byKey } from "../../base/by_key.ts";
import { formatBytes } from "../../base/go/bytes.ts";
import { formatDuration } from "../../base/go/duration.ts";
import { quote } from "../../base/go/quote.ts";
import type { FlagKind, FlagSpec, FlagSpecs } from "./spec.ts";
import { readers, zeros } from "./value.ts";

/** pflag's name for the value of each kind. */
const words: { readonly [Kind in FlagKind]: string } = {
  bool: "",
  string: "string",
  int: "int",
  duration: "duration",
  bytes: "bytes",
  array: "stringArray",
  slice: "strings",
};

/**
 * The table of flags as pflag prints it: sorted by name, `-s, --long value   Summary (default x)`.
 * A back-quoted word in a summary names the value. Hidden flags are left out.
 */
export function flagTable(
  specs: FlagSpecs,
  env: (name: string) => string | undefined,
): string {
  const rows = flagRows(specs, env);
  const width = Math.max(0, ...rows.map(({ flag }) => flag.length));
  return rows.map(({ flag, about }) => `${flag.padEnd(width)}   ${about}\n`).join("");
}

/** A row of that table: the flag with its value's name, and its summary. */
export interface FlagRow {
  readonly flag: string;
  readonly about: string;
}

/** The rows of that table. A flag without a letter begins where others have their long name. */
export function flagRows(
  specs: FlagSpecs,
  env: (name: string) => string | undefined,
): FlagRow[] {
  return Object.entries(specs)
    .filter(([, spec]) => !spec.hidden)
    .sort(byKey)
    .map(([name, spec]) => ({ flag: head(name, spec), about: summaryOf(spec, env) }));
}

function head(name: string, spec: FlagSpec): string {
  const letter = spec.short === undefined ? "    " : `-${spec.short}, `;
  const word = spec.valueName ?? /`([^`]*)`/.exec(spec.summary)?.[1] ?? words[spec.kind];
  const optional = spec.bare === undefined ? "" : `[=${quote(spec.bare)}]`;
  return `  ${letter}--${name}${word === "" ? "" : ` ${word}`}${optional}`;
}

function summaryOf(spec: FlagSpec, env: (name: string) => string | undefined): string {
  const summary = spec.summary.replace(/`([^`]*)`/, "$1");
  const shown = defaultText(spec, env);
  return shown === undefined ? summary : `${summary} (default ${shown})`;
}

function defaultText(
  spec: FlagSpec,
  env: (name: string) => string | undefined,
): string | undefined {
  const text = (spec.env === undefined ? undefined : env(spec.env)) || spec.default;
  if (text === undefined) return undefined;
  try {
    const value = readers[spec.kind](text);
    if (value === zeros[spec.kind]) return undefined;
    if (spec.kind === "duration") return formatDuration(BigInt(Math.round(value as number * 1e6)));
    if (spec.kind === "bytes") return formatBytes(value as number);
  } catch {
    // The command reports a variable that it can't read when it runs.
  }
  return spec.kind === "string" ? quote(text) : text;
}
