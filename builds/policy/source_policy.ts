/**
 * `EXPERIMENTAL_BUILDKIT_SOURCE_POLICY`: a file of rules, as JSON or in protobuf's encoding, that
 * the daemon applies to everything that a build fetches
 * (https://docs.docker.com/build/building/variables/#experimental_buildkit_source_policy).
 */
import { Policy } from "../../proto/gen/sourcepolicy.ts";
import { osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";

const actions = ["ALLOW", "DENY", "CONVERT"];
const matches = ["WILDCARD", "EXACT", "REGEX"];
const conditions = ["EQUAL", "NOTEQUAL", "MATCHES"];

/** Reads the file. Returns the policy as the daemon takes it. Throws `UsageError`. */
export function readSourcePolicy(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    throw new UsageError(`failed to read policy file: open ${path}: ${osReason(error)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return encoded(bytes, error as Error);
  }
  try {
    return Policy.encode(policyOf(json)).finish();
  } catch (error) {
    throw new UsageError(
      `failed to parse source policy ${path}: ${(error as Error).message}`,
      'it looks like {"rules": [{"action": "DENY", "selector": {"identifier": "…"}}]}',
    );
  }
}

/** Returns the bytes of a file that is already an encoded policy. */
function encoded(bytes: Uint8Array, notJson: Error): Uint8Array {
  try {
    Policy.decode(bytes);
    return bytes;
  } catch {
    throw new UsageError(`failed to parse source policy: ${notJson.message}`);
  }
}

function policyOf(json: unknown): Policy {
  const policy = fields(json, "the policy");
  return {
    version: BigInt(policy.number("version")),
    rules: policy.list("rules").map((item, at) => {
      const rule = fields(item, `rule ${at}`);
      const selector = rule.object("selector"), updates = rule.object("updates");
      return {
        action: rule.choice("action", actions),
        selector: selector && {
          identifier: selector.text("identifier"),
          matchType: selector.choice("match_type", matches),
          constraints: selector.list("constraints").map((item) => {
            const constraint = fields(item, `a constraint of rule ${at}`);
            return {
              key: constraint.text("key"),
              value: constraint.text("value"),
              condition: constraint.choice("condition", conditions),
            };
          }),
        },
        updates: updates && {
          identifier: updates.text("identifier"),
          attrs: updates.texts("attrs"),
        },
      };
    }),
  };
}

/** Readers of an object's fields. A field that is missing or null is empty. */
interface Fields {
  text(name: string): string;
  number(name: string): number;
  /** One of these names, or its index among them. */
  choice(name: string, names: readonly string[]): number;
  list(name: string): readonly unknown[];
  object(name: string): Fields | undefined;
  texts(name: string): Record<string, string>;
}

/** Reads an object by Go's rules: names may be in any case, and unknown ones are skipped. */
function fields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${what} is not an object`);
  }
  const byName = new Map(
    Object.entries(value).map(([name, field]) => [name.toLowerCase(), field as unknown]),
  );
  const wrong = (name: string, kind: string): never => {
    throw new Error(`${name} of ${what} is not a ${kind}`);
  };
  return {
    text(name) {
      const field = byName.get(name) ?? "";
      return typeof field === "string" ? field : wrong(name, "string");
    },
    number(name) {
      const field = byName.get(name) ?? 0;
      return Number.isSafeInteger(field) ? field as number : wrong(name, "whole number");
    },
    choice(name, names) {
      const field = byName.get(name) ?? 0;
      const at = typeof field === "string" ? names.indexOf(field) : field as number;
      return Object.hasOwn(names, at) ? at : wrong(name, `one of ${names.join(", ")}`);
    },
    list(name) {
      const field = byName.get(name) ?? [];
      return Array.isArray(field) ? field : wrong(name, "list");
    },
    object(name) {
      const field = byName.get(name) ?? undefined;
      return field === undefined ? undefined : fields(field, `${name} of ${what}`);
    },
    texts(name) {
      const field = byName.get(name) ?? {};
      const entries = typeof field === "object" ? Object.entries(field) : [];
      if (entries.some(([, text]) => typeof text !== "string")) wrong(name, "map of strings");
      return Object.fromEntries(entries);
    },
  };
}
