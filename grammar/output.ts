import { fieldsOf, pairsOf, refuse, take } from "./pairs.ts";

/** One `--output`, or entry of bake's `output`. */
export interface OutputEntry {
  readonly type: string;
  /** Empty where the result goes to stdout, to the daemon or to an image store. */
  readonly dest: string;
  readonly attrs: ReadonlyMap<string, string>;
}

/**
 * Reads `type=T,dest=D,key=value…`. A single field of another form is a folder, or stands for a tar on
 * stdout when it is `-`. Throws `UsageError`, in buildx's words.
 */
export function parseOutput(text: string): OutputEntry {
  const fields = fieldsOf(text);
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) {
    return { type: text === "-" ? "tar" : "local", dest: text, attrs: new Map() };
  }
  const attrs = pairsOf(fields, (key) => key.toLowerCase().trim());
  const type = take(attrs, "type");
  const dest = take(attrs, "dest");
  if (type === "") refuse("type is required for output");
  return { type, dest, attrs };
}

/** Reads each value of a flag; empty ones are skipped. Throws `UsageError`. */
export function parseOutputs(texts: readonly string[]): OutputEntry[] {
  return texts.filter((text) => text !== "").map(parseOutput);
}
