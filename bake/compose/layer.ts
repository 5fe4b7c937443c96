import type { Budget } from "../budget.ts";
import { ComposeError } from "../error.ts";
import { interpolate } from "./interpolate.ts";
import { canonical } from "./canonical.ts";
import { merge } from "./merge.ts";
import { matches, type Path } from "./path.ts";
import type { Lookup } from "./template.ts";
import { uniqueItems } from "./unique.ts";
import { cloned, isMapping, type Mapping, type Value } from "./value.ts";
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
  /** The paths that it removes from the documents before. */
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

/** The layer merged over the model, in long forms. */
export function mergeLayer(below: Mapping, { model, resets }: Layer): Mapping {
  const merged = merge(takenAway(below, resets), model, []);
  return uniqueItems(canonical(uniqueItems(merged))) as Mapping;
}

/** A copy of the model without the values at these paths. Items of lists stay. */
export function takenAway(model: Mapping, places: readonly Path[]): Mapping {
  const without = (value: Value, path: Path): Value => {
    if (!isMapping(value)) return cloned(value);
    const fields = [...value].map(([key, item]) => ({ key, item, at: [...path, key] }));
    return new Map(
      fields.filter(({ at }) => !places.some((place) => matches(at, place.join("."))))
        .map(({ key, item, at }) => [key, without(item, at)]),
    );
  };
  return without(model, []) as Mapping;
}
