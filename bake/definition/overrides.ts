/** The grammar of `--set PATTERN.KEY[.NAME][+]=VALUE`. */
import type { Override } from "../attributes/attribute.ts";
import { BakeError } from "../error.ts";
import { compilePattern } from "./pattern.ts";
import { cut } from "../../base/cut.ts";

/** By target, then by key: `tags`, `args.NAME`. */
export type Overrides = ReadonlyMap<string, ReadonlyMap<string, Override>>;

/** Keys that need a name after them. */
const named = new Set(["args", "contexts", "labels", "extra-hosts", "resources", "secret"]);

/**
 * Reads all overrides in their order. Throws a {@link BakeError}.
 * @param targets the names of all targets
 * @param env for `T.args.NAME` without a value
 */
export function parseOverrides(
  texts: readonly string[],
  targets: readonly string[],
  env: (name: string) => string | undefined,
): Overrides {
  const all = new Map<string, Map<string, Override>>();
  for (const text of texts) {
    const { pattern, key, name, append, value } = parse(text);
    const given = key === "args" && value === undefined ? env(name!) : value;
    for (const target of matching(pattern, targets)) {
      if (given === undefined) continue;
      const keys = all.get(target) ?? new Map<string, Override>();
      all.set(target, keys);
      const path = name === undefined ? key : `${key}.${name}`;
      const override = keys.get(path) ?? { values: [], append };
      override.value = given;
      override.values.push(given);
      override.append = append;
      keys.set(path, override);
    }
  }
  return all;
}

interface Parsed {
  readonly pattern: string;
  readonly key: string;
  readonly name: string | undefined;
  readonly append: boolean;
  readonly value: string | undefined;
}

function parse(text: string): Parsed {
  const [path, value] = cut(text, "=");
  const append = path.endsWith("+");
  const plain = append ? path.slice(0, -1) : path;
  const [pattern, key, ...names] = plain.split(".");
  if (key === undefined) {
    throw new BakeError(`invalid override key ${plain}, expected target.name`);
  }
  if (value === undefined && key !== "args") {
    throw new BakeError(`invalid override ${text}, expected target.name=value`);
  }
  const name = names.length === 0 ? undefined : names.join(".");
  if (name === undefined && named.has(key)) {
    throw new BakeError(`invalid key ${path}, ${key} requires name`);
  }
  if (append && (key === "resources" || key === "secret")) {
    throw new BakeError(`invalid key ${path}, ${key} does not support append`);
  }
  return { pattern: pattern!, key, name, append, value };
}

function matching(pattern: string, targets: readonly string[]): readonly string[] {
  if (targets.includes(pattern)) return [pattern];
  const matcher = compilePattern(pattern);
  if (matcher === undefined) {
    throw new BakeError(`could not match targets with '${pattern}': syntax error in pattern`);
  }
  const found = targets.filter((target) => matcher(target));
  if (found.length > 0) return found;
  throw new BakeError(`could not find any target matching '${pattern}'`);
}
