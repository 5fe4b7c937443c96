/**
 * Merges two compose models, the second over the first
 * (https://docs.docker.com/reference/compose-file/merge): mappings by key, and lists one after the
 * other. A value that may be a mapping or a list becomes a list of `K=V`.
 */
import { ComposeError } from "../error.ts";
import { lookUp, type Path, shown } from "./path.ts";
import { isMapping, type Mapping, textOf, type Value } from "./value.ts";

/** Changes and returns `base`, or returns its replacement. Throws `ComposeError`. */
export function merge(base: Value, over: Value, path: Path): Value {
  const special = lookUp(specials, path);
  if (special !== undefined) return special(base, over, path);
  if (over === null) return base;
  if (isMapping(base)) {
    if (!isMapping(over)) throw cannotOverride(path);
    return mergeMappings(base, over, path);
  }
  if (Array.isArray(base)) {
    if (!Array.isArray(over)) throw cannotOverride(path);
    return [...base, ...over];
  }
  return over;
}

type Merger = (base: Value, over: Value, path: Path) => Value;

const specials: Readonly<Record<string, Merger>> = {
  "services.*.build": (base, over, path) => mergeMappings(buildOf(base), buildOf(over), path),
  "services.*.build.args": joinLists,
  "services.*.build.additional_contexts": joinLists,
  "services.*.build.labels": joinLists,
  "services.*.build.extra_hosts": (base, over) => {
    const known = listOf(base);
    return [...known, ...listOf(over).filter((host) => !known.includes(host))];
  },
  "services.*.env_file": joinLists,
  "services.*.environment": joinLists,
};

function mergeMappings(base: Mapping, over: Mapping, path: Path): Mapping {
  for (const [key, value] of over) {
    const before = base.get(key);
    base.set(key, before === undefined ? value : merge(before, value, [...path, key]));
  }
  return base;
}

function joinLists(base: Value, over: Value): Value {
  return [...listOf(base), ...listOf(over)];
}

/** `build: PATH` as a mapping. */
function buildOf(value: Value): Mapping {
  if (typeof value === "string") return new Map([["context", value]]);
  return isMapping(value) ? value : new Map();
}

/** A mapping as sorted `K=V`, a key without value as `K`. */
function listOf(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [value];
  if (!isMapping(value)) return [];
  return [...value].flatMap(([key, item]) => {
    if (item === null) return [key];
    return (Array.isArray(item) ? item : [item]).map((item) => `${key}=${textOf(item)}`);
  }).sort();
}

function cannotOverride(path: Path): ComposeError {
  return new ComposeError(
    `cannot override ${shown(path)}`,
    "it is a list or a mapping in one file and something else in the other",
  );
}
