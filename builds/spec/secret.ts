import type { SecretSpec } from "../../buildkit/session/secret_source.ts";
import { UsageError } from "../../base/usage_error.ts";
import { csvFields } from "../../base/go/csv.ts";
import { quote } from "../../base/go/quote.ts";

/**
 * Reads `--secret id=X,src=PATH`, `id=X,env=NAME`, `id=X`, `type=env,id=X,src=NAME`. Keys are taken in any
 * case. Throws `UsageError`, in buildx's words.
 */
export function parseSecret(text: string): SecretSpec {
  let type = "", id = "", file = "", env = "";
  for (const field of fields(text)) {
    const equals = field.indexOf("=");
    if (equals < 0) throw new UsageError(`invalid field '${field}' must be a key=value pair`);
    const key = field.slice(0, equals).toLowerCase();
    const value = field.slice(equals + 1);
    if (key === "id") id = value;
    else if (key === "source" || key === "src") file = value;
    else if (key === "env") env = value;
    else if (key !== "type") throw new UsageError(`unexpected key '${key}' in '${field}'`);
    else if (value === "file" || value === "env") type = value;
    else throw new UsageError(`unsupported secret type ${quote(value)}`);
  }
  if (type === "env" && env === "") return { id, env: file };
  return { id, ...file !== "" && { file }, ...env !== "" && { env } };
}

function fields(text: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    throw new UsageError(`failed to parse csv secret: ${(error as Error).message}`);
  }
}

/** Reads every `--secret`; empty ones are skipped. */
export function parseSecrets(texts: readonly string[]): SecretSpec[] {
  return texts.filter((text) => text !== "").map(parseSecret);
}
