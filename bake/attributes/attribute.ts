import { byKey as byName } from "../../base/by_key.ts";
import { UsageError } from "../../base/usage_error.ts";
import { BakeError } from "../error.ts";
import { ConversionError } from "../hcl/values/convert.ts";
import type { Value } from "../hcl/values/value.ts";
import type { Json } from "./pretty_json.ts";

/** The rules of one attribute of a target or group; `T` is the type of its field. */
export interface Attribute<T> {
  /**
   * Makes the field from a value of HCL or JSON; undefined for a null that unsets the attribute.
   * Throws the errors that {@link unsuitable} explains.
   */
  readonly read: (value: Value) => T | undefined;
  /** The value of the field in a reference, such as `target.NAME.tags`. */
  readonly value: (field: T | undefined) => Value;
  /** Merges a field with the field of a later block, file or child. */
  readonly merge: (below: T | undefined, above: T) => T;
  /** Changes the field after all merges. */
  readonly tidy?: (field: T) => T;
  /** The field in `--print`; undefined for one that is left out. */
  readonly print: (field: T) => Json | undefined;
  /** The keys of `--set` that change the field; none where `--set` does not know it. */
  readonly set?: readonly Setter<T>[];
}

/** One key of `--set`. */
export interface Setter<T> {
  readonly key: string;
  /**
   * The new field; undefined for one that stays unset. Throws `UsageError`.
   * @param name the text behind the key, such as NAME of `args.NAME`; empty for none
   */
  readonly apply: (field: T | undefined, override: Override, name: string) => T | undefined;
  /** Paths in the new field that the override names, and so permits. */
  readonly permits?: (field: T, override: Override, name: string) => Paths;
}

/** All occurrences of one key of `--set` for a target. */
export interface Override {
  /** The last value; undefined where none was given. */
  value?: string;
  /** All values, for keys that take several. */
  readonly values: string[];
  /** The mode of the last occurrence. */
  append: boolean;
}

interface Paths {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
}

/** The message of an error that `read` throws; other errors are thrown again. */
export function unsuitable(error: unknown): string {
  if (error instanceof ConversionError || error instanceof UsageError) return error.message;
  throw error;
}

/** Returns the later field. */
export function replace<T>(_: T | undefined, above: T): T {
  return above;
}

/** Concatenates both lists. */
export function append<T>(below: readonly T[] | undefined, above: readonly T[]): T[] {
  return [...below ?? [], ...above];
}

/** Merges both maps; for a common key the later value wins. */
export function byKey<V>(
  below: ReadonlyMap<string, V> | undefined,
  above: ReadonlyMap<string, V>,
): Map<string, V> {
  return new Map([...below ?? [], ...above]);
}

/** Keeps one entry for each value of a key: the last one, at the position of the first. */
export function lastOfEach<K extends string, T extends Record<K, string>>(
  key: K,
): (entries: readonly T[]) => T[] {
  return (entries) => [...new Map(entries.map((entry) => [entry[key], entry])).values()];
}

/** Removes duplicates. The gap is filled from the end, as buildx does it. */
export function withoutDuplicates<T extends object>(entries: readonly T[]): T[] {
  const rest = [...entries];
  const keys = rest.map(entryKey);
  for (let i = rest.length - 2; i >= 0; i--) {
    const twin = keys.indexOf(keys[i]!, i + 1);
    if (twin < 0) continue;
    const last = rest.pop()!, lastKey = keys.pop()!;
    if (twin < rest.length) [rest[twin], keys[twin]] = [last, lastKey];
  }
  return rest;
}

function entryKey(entry: object): string {
  return JSON.stringify(
    entry,
    (_, value) => value instanceof Map ? [...value].sort(byName) : value,
  );
}

/**
 * A key of `--set` for a list: `=` replaces it and `+=` appends.
 * @param read the texts of the flag as entries
 * @param always whether `=` appends, too
 */
export function listSetter<T>(
  key: string,
  read: (texts: readonly string[]) => readonly T[],
  { tidy = (all) => all, always = false, permits }: {
    readonly tidy?: (all: T[]) => T[];
    readonly always?: boolean | undefined;
    readonly permits?: Setter<T[]>["permits"] | undefined;
  } = {},
): Setter<T[]> {
  return {
    key,
    apply: (field, { values, append }) =>
      tidy([...append || always ? field ?? [] : [], ...read(values)]),
    ...permits && { permits },
  };
}

/** Reads each text that is not empty. @param list the name of the list in errors */
export function readEach<T>(
  parse: (text: string) => T,
  list: string,
): (texts: readonly string[]) => T[] {
  return (texts) => {
    try {
      return texts.filter((text) => text !== "").map(parse);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new BakeError(`invalid value for ${list}: ${error.message}`, { cause: error });
    }
  };
}
