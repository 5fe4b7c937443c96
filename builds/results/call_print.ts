/** Prints the frontend's answers. An answer in a form newer than ours brings its own text. */
import { sourceExcerpt } from "../../progress/source_excerpt.ts";
import type { CallMethod } from "../spec/call.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import type { Answers } from "./result.ts";

type Write = (text: string) => void;

/** Throws an Error when the checked Dockerfile can't be built at all. */
export function printAnswer(
  answers: Answers,
  method: CallMethod,
  file: string,
  write: Write,
): void {
  const json = answers["result.json"];
  const text = answers["result.txt"];
  const printer = printers[method.name];
  if (printer === undefined) {
    if (json !== undefined && method.format === "json") write(`${json}\n`);
    else write(text ?? `${JSON.stringify(answers)}\n`);
    return;
  }
  if (method.format === "json") write(`${json ?? ""}\n`);
  if (method.format === "json" && method.name !== "lint") return;
  if (method.format !== "json" && isNewer(answers["version"] ?? "") && text) return write(text);
  printer(JSON.parse(json || "{}"), write, file, method.format === "json");
}

/** The forms that we know all have the version 1.0.0. */
function isNewer(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major > 1 || major === 1 && (minor > 0 || patch > 0);
}

// deno-lint-ignore no-explicit-any -- the frontend's JSON
type Printer = (answer: any, write: Write, file: string, silent: boolean) => void;

const printers: Readonly<Record<string, Printer>> = {
  lint: printLint,
  outline: printOutline,
  targets: printTargets,
  "subrequests.describe": printRequests,
};

interface Location {
  readonly sourceIndex?: number;
  readonly ranges?: { start?: { line?: number }; end?: { line?: number } }[];
}

interface Lint {
  readonly warnings?:
    | { ruleName: string; url?: string; detail?: string; location?: Location }[]
    | null;
  readonly sources?: { filename?: string; data?: string }[] | null;
  readonly buildError?: { message: string; location: Location };
}

function printLint(answer: Lint, write: Write, file: string, silent: boolean): void {
  const warnings = [...answer.warnings ?? []];
  const line = ({ location }: { location?: Location }) => location?.ranges?.[0]?.start?.line ?? 0;
  warnings.sort((a, b) => line(a) - line(b));
  const excerpt = (place: Location | undefined) => {
    const source = answer.sources?.[place?.sourceIndex ?? 0];
    if (source === undefined) return "";
    const ranges = (place?.ranges ?? []).map(({ start, end }) => ({
      start: { line: start?.line ?? 0, character: 0 },
      end: { line: end?.line ?? 0, character: 0 },
    }));
    const data = Uint8Array.fromBase64(source.data ?? "");
    const text = sourceExcerpt({ filename: file || (source.filename ?? ""), data, ranges });
    return text && `${text.trimEnd()}\n`;
  };
  if (!silent && warnings.length > 0) {
    const some = warnings.length === 1
      ? "1 warning has been found!"
      : `${warnings.length} warnings have been found!`;
    write(`Check complete, ${some}\n`);
    for (const { ruleName, url, detail = "", location } of warnings) {
      write(`\nWARNING: ${ruleName}${url ? ` - ${url}` : ""}\n${detail}\n${excerpt(location)}`);
    }
  }
  if (answer.buildError) {
    if (!silent && warnings.length > 0) write("\n");
    throw new Error(`${answer.buildError.message}\n${excerpt(answer.buildError.location)}`);
  }
  if (!silent && warnings.length === 0) write("Check complete, no warnings found.\n");
}

interface Named {
  readonly name?: string;
  readonly description?: string;
  readonly value?: string;
  readonly required?: boolean;
  readonly default?: boolean;
  readonly version?: string;
}

interface Outline extends Named {
  readonly args?: Named[];
  readonly secrets?: Named[];
  readonly ssh?: Named[];
}

function printOutline(outline: Outline, write: Write): void {
  const table = (rows: string[], padding: number) => {
    if (rows.length > 0) write(`${alignColumns(rows.join("\n"), { padding, minimum: 0 })}\n\n`);
  };
  const listed = (head: string, items: Named[] = [], row: (item: Named) => string) =>
    table(items.length > 0 ? [head, ...items.map(row)] : [], 3);
  const { name = "", description = "", args, secrets, ssh } = outline;
  if (name || description) {
    const about = description ? [`DESCRIPTION:\t${description}`] : [];
    table([`TARGET:\t${name || "(default)"}`, ...about], 1);
  }
  listed(
    "BUILD ARG\tVALUE\tDESCRIPTION",
    args,
    ({ name, value, description }) => `${name ?? ""}\t${value ?? ""}\t${description ?? ""}`,
  );
  const needed = ({ name, required }: Named) => `${name ?? ""}\t${required ? "true" : ""}`;
  listed("SECRET\tREQUIRED", secrets, needed);
  listed("SSH\tREQUIRED", ssh, needed);
}

function printTargets({ targets }: { targets?: Named[] | null }, write: Write): void {
  const rows = (targets ?? []).map(({ name = "", description = "", default: isDefault }) => {
    const shown = isDefault ? `${name} (default)`.trimStart() : name;
    return `${shown}\t${description}`;
  });
  write(
    `${alignColumns(["TARGET\tDESCRIPTION", ...rows].join("\n"), { padding: 1, minimum: 0 })}\n`,
  );
}

function printRequests(requests: Named[] | null, write: Write): void {
  const rows = (requests ?? []).map(({ name = "", version = "", description = "" }) =>
    `${name.replace(/^frontend\./, "")}\t${version}\t${description}`
  );
  const text = ["NAME\tVERSION\tDESCRIPTION", ...rows].join("\n");
  write(`${alignColumns(text, { padding: 1, minimum: 0 })}\n`);
}
