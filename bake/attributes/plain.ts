/** Attributes that are texts, booleans, lists of texts or maps of texts. */
import { readBool } from "../../base/go/bool.ts";
import { BakeError } from "../error.ts";
import { ConversionError, convert } from "../hcl/values/convert.ts";
import { compareText } from "../hcl/values/text.ts";
import { BOOL, list, map, STRING, type Type } from "../hcl/values/type.ts";
import {
  boolOf,
  elementsOf,
  entriesOf,
  listOf,
  mapOf,
  nullOf,
  stringOf,
  type Value,
} from "../hcl/values/value.ts";
import {
  type Attribute,
  byKey,
  listSetter,
  type Override,
  replace,
  type Setter,
} from "./attribute.ts";

const NOT_NULL = "null value is not allowed";

function converted<T>(type: Type, read: (value: Value) => T): (value: Value) => T | undefined {
  return (value) => {
    const fitting = convert(value, type);
    return fitting.content === null ? undefined : read(fitting);
  };
}

/** A reader of values that refuses null. */
export function notNull<T>(read: (value: Value) => T): (value: Value) => T {
  return (value) => {
    if (value.content === null) throw new ConversionError(NOT_NULL);
    return read(value);
  };
}

const textOf = notNull(({ content }) => content as string);

/**
 * Doubles the `$` and `%` that would begin an interpolation when the printed text is read again.
 */
function escaped(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

const unchanged = (text: string) => text;

/** @param key of `--set`; undefined for an attribute that it does not know */
export function text(key: string | undefined, { escapes = false } = {}): Attribute<string> {
  const set = (_: unknown, { value }: Override) => value!;
  return {
    read: converted(STRING, textOf),
    value: (field) => field === undefined ? nullOf(STRING) : stringOf(field),
    merge: replace,
    print: escapes ? escaped : unchanged,
    ...key !== undefined && { set: [{ key, apply: set }] },
  };
}

/** A text that can't be unset: an empty one is ignored. */
export const description: Attribute<string> = {
  read: (value) => textOf(convert(value, STRING)),
  value: (field = "") => stringOf(field),
  merge: (below = "", above) => above || below,
  print: (field) => field === "" ? undefined : field,
};

/** @param key of `--set` */
export function bool(key: string): Attribute<boolean> {
  return {
    read: converted(BOOL, ({ content }) => content as boolean),
    value: (field) => field === undefined ? nullOf(BOOL) : boolOf(field),
    merge: replace,
    print: (field) => field,
    set: [{ key, apply: (_, { value }) => setBool(key, value) }],
  };
}

/** The value of a boolean key of `--set`. Throws `BakeError`. */
export function setBool(key: string, text = ""): boolean {
  const value = readBool(text);
  if (value !== undefined) return value;
  throw new BakeError(`invalid value ${text} for boolean key ${key}`);
}

/** A list of texts. Duplicates and empty texts are removed, unless `keeps` is set. */
export function texts(
  key: string | undefined,
  { merge = replace, escapes = false, always = false, keeps = false }: {
    readonly merge?: Attribute<string[]>["merge"];
    readonly escapes?: boolean;
    /** Whether `=` of `--set` appends, too. */
    readonly always?: boolean;
    readonly keeps?: boolean;
  } = {},
): Attribute<string[]> {
  const escape = escapes ? escaped : unchanged;
  return {
    read: converted(list(STRING), (value) => elementsOf(value).map(textOf)),
    value: (field) =>
      field === undefined ? nullOf(list(STRING)) : listOf(STRING, field.map(stringOf)),
    merge,
    ...!keeps && { tidy: uniqueTexts },
    print: (field) => field.length === 0 ? undefined : field.map(escape),
    ...key !== undefined && { set: [listSetter(key, (all) => all, { always })] },
  };
}

/** Removes duplicates and empty texts. */
export function uniqueTexts(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}

/** A map of strings; `--set KEY.NAME=VALUE` sets an entry. */
export function textMap(
  key: string,
  { nullable = true, escapes = false, tidy }: {
    /** Whether a null is a missing entry, or an error. */
    readonly nullable?: boolean;
    readonly escapes?: boolean;
    readonly tidy?: (field: Map<string, string>) => Map<string, string>;
  } = {},
): Attribute<Map<string, string>> {
  const escape = escapes ? escaped : unchanged;
  const setter: Setter<Map<string, string>> = {
    key,
    apply: (field, { value }, name) => new Map([...field ?? [], [name, value!]]),
  };
  return {
    read: converted(map(STRING), (value) => {
      const entries = new Map<string, string>();
      for (const [name, { content }] of entriesOf(value)) {
        if (content !== null) entries.set(name, content as string);
        else if (!nullable) throw new ConversionError(NOT_NULL);
      }
      return entries;
    }),
    value: (field) =>
      field === undefined
        ? nullOf(map(STRING))
        : mapOf(STRING, new Map([...field].map(([name, item]) => [name, stringOf(item)]))),
    merge: byKey,
    ...tidy && { tidy },
    print: (field) =>
      field.size === 0 ? undefined : new Map(
        [...field].sort(([a], [b]) => compareText(a, b)).map(([name, item]) => [
          name,
          escape(item),
        ]),
      ),
    set: [setter],
  };
}
