import { quote } from "../base/go/quote.ts";
import { cut } from "../base/cut.ts";
import { fieldsOf, refuse } from "./pairs.ts";

/**
 * One `--secret`, or entry of bake's `secret`. Without `src` and `env`, the id names a variable or
 * a file.
 */
export interface SecretEntry {
  readonly id: string;
  /** Path of a file; empty for none. */
  readonly src: string;
  /** Name of a variable of the environment; empty for none. */
  readonly env: string;
}

/**
 * Reads `id=ID[,src=PATH][,env=NAME]`, and `type=env,id=ID,src=NAME`. Keys may be in any case.
 * Throws `UsageError`, in buildx's words.
 */
export function parseSecret(text: string): SecretEntry {
  let id = "", src = "", env = "", type = "";
  for (const field of fieldsOf(text, "failed to parse csv secret: ")) {
    const [name, value] = cut(field, "=");
    if (value === undefined) return refuse(`invalid field '${field}' must be a key=value pair`);
    const key = name.toLowerCase();
    if (key === "id") id = value;
    else if (key === "src" || key === "source") src = value;
    else if (key === "env") env = value;
    else if (key !== "type") refuse(`unexpected key '${key}' in '${field}'`);
    else if (value === "file" || value === "env") type = value;
    else refuse(`unsupported secret type ${quote(value)}`);
  }
  return type === "env" && env === "" ? { id, src: "", env: src } : { id, src, env };
}

/** Reads each value of a flag; empty ones are skipped. Throws `UsageError`. */
export function parseSecrets(texts: readonly string[]): SecretEntry[] {
  return texts.filter((text) => text !== "").map(parseSecret);
}
