import type { Budget } from "../budget.ts";
import { ComposeError } from "../error.ts";
import { interpolate } from "./interpolate.ts";
import { canonical } from "./canonical.ts";
import { merge } from "./merge.ts";
import { matches, type Path } from "./path.ts";
import type { Lookup } from "./template.ts";
import { uniqueItems } from "./unique.ts";
import { isMapping, type Mapping, mappingOf, type Value, withParts } from "./value.ts";
import { readYaml } from "./yaml.ts";

/** The loader's access to files, to the user and to the limits. */
export interface World {
  /** A file's text; undefined where there is none. Throws an Error for one that can't be read. */
  readonly readText: (path: string) => string | undefined;
  readonly home: string | undefined;
  readonly warn: (text: string) => void;
  readonly budget: Budget;
}

/** A file's text, with its name as it was given. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** One document of a file with its variables replaced, not yet merged with the documents before. */
export interface Layer {
  readonly model: Mapping;
  /** The paths that the document removes from the documents before. */
  readonly resets: readonly Path[];
}

/**
 * Reads a file's documents and keeps the keys that concern builds. Networks, volumes and the other
 * keys are read only for their variables. Throws `ComposeError`.
 */
export function readLayers(file: SourceFile, env: Lookup, world: World): Layer[] {
  const context = { lookup: env, world };
  return readYaml(file.text, file.name, world.budget).map(({ value, resets }) => {
    world.budget.step(file.text.length); // each document is merged with those before it
    if (!isMapping(value)) throw new ComposeError("top-level object must be a mapping");
    return { model: kept(interpolate(value, context) as Mapping), resets };
  });
}

const KEPT = ["image", "build", "environment", "env_file", "extends"];

function kept(model: Mapping): Mapping {
  const part: Mapping = new Map();
  for (const key of ["services", "secrets", "include"]) {
    const value = model.get(key);
    const isNothing = value === undefined || value === null && key !== "services";
    if (!isNothing) part.set(key, value);
  }
  const services = part.get("services");
  if (services === undefined) return part;
  if (!isMapping(services)) throw new ComposeError("services must be a mapping");
  return part.set(
    "services",
    new Map([...services].map(([name, service]) => {
      if (service !== null && !isMapping(service)) {
        throw new ComposeError(`services.${name} must be a mapping`);
      }
      const fields = [...service ?? []].filter(([key]) => KEPT.includes(key));
      return [name, new Map(fields)];
    })),
  );
}

/** Merges the layer over the model, and rewrites short forms as long forms. */
export function mergeLayer(below: Mapping, { model, resets }: Layer): Mapping {
  const merged = merge(withoutPaths(below, resets), model, []);
  return uniqueItems(canonical(uniqueItems(merged))) as Mapping;
}

/** A copy of a value without the parts at these paths. Items of lists stay. */
function withoutPaths(value: Value, removed: readonly Path[], path: Path = []): Value {
  const rest = isMapping(value)
    ? new Map(
      [...value].filter(([key]) =>
        !removed.some((other) => matches([...path, key], other.join(".")))
      ),
    )
    : value;
  return withParts(rest, path, (part, path) => withoutPaths(part, removed, path));
}

/**
 * Merges an entry of a section, such as a service, over the entry of the same name below it. The
 * layer's resets are first removed from the entry below.
 */
export function mergeEntry(
  [section, name]: readonly [section: string, name: string],
  below: Value,
  own: Value,
  { resets }: Pick<Layer, "resets">,
): Value {
  const base = withoutPaths(new Map([[section, new Map([[name, below]])]]), resets);
  const rest = mappingOf(mappingOf(base).get(section)).get(name) ?? null;
  return rest === null ? own : merge(rest, own, [section, name]);
}
