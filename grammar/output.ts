import { quote } from "../base/go/quote.ts";
import { nearest } from "../base/nearest.ts";
import { fieldsOf, pairsOf, refuse, take } from "./pairs.ts";

/** One `--output`, or entry of bake's `output`. */
export interface OutputEntry {
  readonly type: string;
  /** Empty where the result goes to stdout, to the daemon or to an image store. */
  readonly dest: string;
  readonly attrs: ReadonlyMap<string, string>;
}

const EXAMPLE = "write it like type=local,dest=FOLDER or type=image,name=IMAGE";

/**
 * Reads `type=T,dest=D,key=value…`. A single field of another form is a folder; `-` is a tar on
 * stdout. Throws `UsageError`, in buildx's words.
 */
export function parseOutput(text: string): OutputEntry {
  const fields = fieldsOf(text);
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) {
    return { type: text === "-" ? "tar" : "local", dest: text, attrs: new Map() };
  }
  const attrs = pairsOf(fields, (key) => key.toLowerCase().trim(), EXAMPLE);
  const type = take(attrs, "type");
  const dest = take(attrs, "dest");
  if (type === "") refuse("type is required for output", EXAMPLE);
  return { type, dest, attrs };
}

/** A warning about a bare folder whose name looks like a field; undefined for any other text. */
export function suspectFolder(text: string): string | undefined {
  const [, key] = /^([a-z-]+)=[^,]*$/.exec(text) ?? [];
  if (key === undefined || key === "type") return undefined;
  const meant = nearest(key, ["type"]) !== undefined
    ? text.replace(key, "type")
    : key === "name" || key === "push"
    ? `type=image,${text}`
    : `type=local,${key === "dest" ? text : "dest=FOLDER"}`;
  return `-o ${text} writes to a folder named ${quote(text)}; did you mean -o ${meant}?`;
}

/** Reads each value of a flag; empty ones are skipped. Throws `UsageError`. */
export function parseOutputs(texts: readonly string[]): OutputEntry[] {
  return texts.filter((text) => text !== "").map(parseOutput);
}
