/**
 * Converts values to other types. A safe conversion always works, such as a number to text. An
 * unsafe one depends on the value, such as text to a number. The types alone decide whether a
 * conversion exists.
 */
import { BigFloat } from "./big_float.ts";
import { mismatch } from "./mismatch.ts";
import { setOf } from "./set.ts";
import {
  type Collection,
  DYNAMIC,
  isCollection,
  isPrimitive,
  type ObjectType,
  sameType,
  type Tuple,
  tuple,
  type Type,
  withoutOptional,
} from "./type.ts";
import { unify } from "./unify.ts";
import {
  boolOf,
  elementsOf,
  entriesOf,
  listOf,
  mapOf,
  nullOf,
  numberOf,
  objectOf,
  primitiveText,
  stringOf,
  tupleOf,
  type Value,
} from "./value.ts";

/** A value that can't be converted. The message is a part of a sentence. */
export class ConversionError extends Error {}

/** Throws {@link ConversionError}. */
type Conversion = (value: Value) => Value;

/**
 * The value in the wanted type. Throws {@link ConversionError}, or the error that `refuse` makes of
 * its message.
 */
export function convert(value: Value, want: Type, refuse?: (why: string) => Error): Value {
  if (value.type === want || sameType(value.type, withoutOptional(want))) return value;
  try {
    const conversion = conversionOf(value.type, want, true);
    if (conversion === undefined) throw new ConversionError(mismatch(value.type, want));
    return conversion(value);
  } catch (error) {
    throw refuse && error instanceof ConversionError ? refuse(error.message) : error;
  }
}

/** The conversion from one type to another; undefined if no value can be converted. */
export function conversionOf(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  const conversion = conversionBetween(from, to, unsafe);
  if (conversion === undefined) return undefined;
  return (value) => {
    if (to.kind === "dynamic") return value;
    if (value.content === null) return nullOf(fill(value.type, withoutOptional(to)));
    return conversion(value);
  };
}

/** Like {@link conversionOf}, where a value of the wanted type stays as it is. */
export function conversionOrSame(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  return sameType(from, to) ? (value) => value : conversionOf(from, to, unsafe);
}

function conversionBetween(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  if (to.kind === "dynamic") return (value) => value;
  if (from.kind === "dynamic") return unsafe ? (value) => convert(value, to) : undefined;
  if (isPrimitive(from) && isPrimitive(to)) return primitive(from, to, unsafe);
  if (to.kind === "object") {
    if (from.kind === "object") return objectToObject(from, to, unsafe);
    return from.kind === "map" && unsafe ? mapToObject(from, to) : undefined;
  }
  if (to.kind === "tuple") {
    return from.kind === "tuple" ? tupleToTuple(from, to, unsafe) : undefined;
  }
  if (!isCollection(to)) return undefined;
  if (to.kind === "map") {
    if (from.kind === "map") return collection(from, to, unsafe);
    return from.kind === "object" ? objectToMap(from, to, unsafe) : undefined;
  }
  if (from.kind === "tuple") return tupleToCollection(from, to, unsafe);
  if (from.kind === "list" && to.kind === "set" && !unsafe) return undefined;
  return from.kind === "list" || from.kind === "set" ? collection(from, to, unsafe) : undefined;
}

function primitive(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  if (from.kind === to.kind) return (value) => value;
  if (to.kind === "string") return (value) => stringOf(primitiveText(value));
  if (from.kind !== "string" || !unsafe) return undefined;
  return to.kind === "number" ? toNumber : toBool;
}

function toNumber(value: Value): Value {
  const number = BigFloat.parse(value.content as string);
  if (number === undefined) throw new ConversionError("a number is required");
  return numberOf(number);
}

function toBool(value: Value): Value {
  const text = value.content as string;
  if (text === "true" || text === "1") return boolOf(true);
  if (text === "false" || text === "0") return boolOf(false);
  const lower = text.toLowerCase();
  if (lower !== "true" && lower !== "false") throw new ConversionError("a bool is required");
  throw new ConversionError(
    `a bool is required; to convert from string, use lowercase "${lower}"`,
  );
}

/** Converts a list, set or map to one of the same kind, or a list to a set and back. */
function collection(from: Collection, to: Collection, unsafe: boolean): Conversion | undefined {
  const each = conversionOrSame(from.element, to.element, unsafe);
  if (each === undefined) return undefined;
  return (value) => {
    if (to.kind === "map") {
      const entries = entriesOf(value).map(([key, item]) => [key, each(item)] as const);
      return entries.length === 0
        ? mapOf(emptyElement(from.element, to.element), new Map())
        : unified(new Map(entries), to.element, false);
    }
    const elements = elementsOf(value).map(each);
    return elements.length === 0
      ? collectionOf(to.kind, emptyElement(from.element, to.element), [])
      : likeTyped(to.kind, elements);
  };
}

function emptyElement(from: Type, to: Type): Type {
  return to.kind === "dynamic" ? from : withoutOptional(to);
}

function tupleToCollection(from: Tuple, to: Collection, unsafe: boolean): Conversion | undefined {
  const { kind } = to;
  if (from.elements.length === 0) {
    return () => collectionOf(kind, withoutOptional(to.element), []);
  }
  const element = to.element.kind === "dynamic" ? unify(from.elements, unsafe) : to.element;
  if (element === undefined) return undefined;
  if (element.kind === "dynamic" && from.elements.some((item) => item.kind !== "dynamic")) {
    return undefined;
  }
  const each = conversions(from.elements, from.elements.map(() => element), unsafe);
  if (each === undefined) return undefined;
  return (value) => {
    const elements = elementsOf(value).map((item, i) => each[i]!(item));
    if (isPrimitive(element)) return collectionOf(kind, element, elements);
    if (kind !== "list") return likeTyped(kind, elements);
    const common = unify(elements.map(({ type }) => type), unsafe);
    if (common === undefined) {
      throw new ConversionError("cannot find a common base type for all elements");
    }
    return likeTyped(kind, elements.map((item) => convert(item, common)));
  };
}

function collectionOf(kind: Collection["kind"], element: Type, values: Value[]): Value {
  return kind === "set" ? setOf(element, values) : listOf(element, values);
}

/** A collection of elements that must all have one type after their conversion. */
function likeTyped(kind: Collection["kind"], values: Value[]): Value {
  const { type } = values.find(({ type }) => type.kind !== "dynamic") ?? values[0]!;
  if (!values.every((value) => value.type.kind === "dynamic" || sameType(value.type, type))) {
    throw new ConversionError(`element types must all match for conversion to ${kind}`);
  }
  return collectionOf(
    kind,
    type,
    values.map((item) => item.type === type ? item : { ...item, type }),
  );
}

function objectToMap(from: ObjectType, to: Collection, unsafe: boolean): Conversion | undefined {
  const types = [...from.attributes.values()];
  if (types.length === 0) return () => mapOf(withoutOptional(to.element), new Map());
  const element = to.element.kind === "dynamic" ? unify(types, unsafe) : to.element;
  if (element === undefined) return undefined;
  const each = conversions(types, types.map(() => element), unsafe);
  if (each === undefined) return undefined;
  const names = [...from.attributes.keys()];
  const byName = new Map(names.map((name, i) => [name, each[i]!]));
  return (value) => {
    const entries = entriesOf(value).map(([name, item]) =>
      [name, byName.get(name)!(item)] as const
    );
    return unified(new Map(entries), element, unsafe);
  };
}

/** A map, whose elements are converted to one type if they are collections or objects. */
function unified(entries: Map<string, Value>, element: Type, unsafe: boolean): Value {
  const values = [...entries.values()];
  if (isCollection(element) || element.kind === "object") {
    const common = unify(values.map(({ type }) => type), unsafe);
    if (common === undefined) {
      throw new ConversionError("cannot find a common base type for all elements");
    }
    for (const [key, item] of entries) entries.set(key, convert(item, common));
    return mapOf(common, entries);
  }
  const { type } = values.find(({ type }) => type.kind !== "dynamic") ?? values[0]!;
  for (const [key, item] of entries) {
    if (item.type.kind === "dynamic") entries.set(key, { ...item, type });
    else if (!sameType(item.type, type)) {
      throw new ConversionError("attribute types must all match for conversion to map");
    }
  }
  return mapOf(type, entries);
}

function objectToObject(from: ObjectType, to: ObjectType, unsafe: boolean): Conversion | undefined {
  const byName = new Map<string, Conversion>();
  for (const [name, want] of to.attributes) {
    const have = from.attributes.get(name);
    if (have === undefined) {
      if (to.optional.has(name)) continue;
      return undefined;
    }
    const each = conversionOrSame(have, want, unsafe);
    if (each === undefined) return undefined;
    byName.set(name, each);
  }
  return (value) => {
    const entries = new Map<string, Value>();
    for (const [name, item] of entriesOf(value)) {
      const each = byName.get(name);
      if (each !== undefined) entries.set(name, each(item));
    }
    for (const name of to.optional) {
      if (!entries.has(name)) {
        entries.set(name, nullOf(withoutOptional(to.attributes.get(name)!)));
      }
    }
    return objectOf(entries);
  };
}

function mapToObject(from: Collection, to: ObjectType): Conversion | undefined {
  const byName = new Map<string, Conversion | undefined>();
  for (const [name, want] of to.attributes) {
    const each = conversionOrSame(from.element, want, true);
    if (each === undefined && !to.optional.has(name)) return undefined;
    byName.set(name, each);
  }
  return (value) => {
    const entries = new Map<string, Value>();
    for (const [name, item] of entriesOf(value)) {
      if (!byName.has(name)) continue;
      const each = byName.get(name);
      if (each === undefined) {
        throw new ConversionError(
          `map element type is incompatible with attribute "${name}": ${
            mismatch(item.type, to.attributes.get(name)!)
          }`,
        );
      }
      entries.set(name, each(item));
    }
    for (const [name, want] of to.attributes) {
      if (entries.has(name)) continue;
      if (!to.optional.has(name)) {
        throw new ConversionError(`map has no element for required attribute "${name}"`);
      }
      entries.set(name, nullOf(want));
    }
    return objectOf(entries);
  };
}

function tupleToTuple(from: Tuple, to: Tuple, unsafe: boolean): Conversion | undefined {
  if (from.elements.length !== to.elements.length) return undefined;
  const each = conversions(from.elements, to.elements, unsafe);
  if (each === undefined) return undefined;
  return (value) => tupleOf(elementsOf(value).map((item, i) => each[i]!(item)));
}

function conversions(
  from: readonly Type[],
  to: readonly Type[],
  unsafe: boolean,
): Conversion[] | undefined {
  const all: Conversion[] = [];
  for (const [i, type] of from.entries()) {
    const each = conversionOrSame(type, to[i]!, unsafe);
    if (each === undefined) return undefined;
    all.push(each);
  }
  return all;
}

/** The type of a converted null. Where the wanted type is open, the null's own type fills it in. */
function fill(from: Type, to: Type): Type {
  if (from.kind === "dynamic") return to;
  if (to.kind === "dynamic") return from;
  if (isCollection(to)) {
    const element = isCollection(from)
      ? from.element
      : from.kind === "tuple"
      ? unify(from.elements, true)
      : from.kind === "object"
      ? unify([...from.attributes.values()], true)
      : undefined;
    return { kind: to.kind, element: fill(element ?? DYNAMIC, to.element) };
  }
  if (to.kind === "tuple" && from.kind === "tuple") {
    return tuple(to.elements.map((item, i) => fill(from.elements[i] ?? DYNAMIC, item)));
  }
  return to;
}
