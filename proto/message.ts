/**
 * Protocol Buffers messages by tables of their fields, which proto/gen holds
 * (https://protobuf.dev/programming-guides/encoding/). Functions for each message would be ten times
 * the text, to be read at every start.
 */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

/** A type of one value, by the name that its reader and writer have. An enum is an `int32`. */
export type Scalar =
  | "string"
  | "bytes"
  | "bool"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "fixed64"
  | "double";

/** Several values, one that may be absent where its zero means something, or values by keys. */
export type Form = "list" | "optional" | "map";

// deno-lint-ignore no-explicit-any
export type Type = Scalar | Codec<any>;

/** A field's number and type; `keys` are those of a map. */
export type Field = readonly [number: number, type: Type, form?: Form, keys?: Scalar];

/** Fields of which a message has one: `{ $case: NAME, NAME: value }`. */
export type OneOf = Readonly<Record<string, Field>>;

/** A message's fields by property, in the order in which they are written. */
export type Fields<T> = Readonly<Record<keyof T & string, Field | OneOf>>;

/** Reads and writes one type of message. */
export interface Codec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  /** Of a reader, the next `length` bytes. Skips unknown fields. Throws for what is no message. */
  decode(input: Uint8Array | BinaryReader, length?: number, depth?: number): T;
  /** A message of nothing but zeros and empty lists. */
  create(): T;
  /** A message of these values, and zeros for the rest. */
  fromPartial(values: DeepPartial<T>): T;
}

/** Some of a message's values, and of those within it. */
export type DeepPartial<T> = T extends Uint8Array | bigint ? T
  : T extends Map<infer K, infer V> ? Map<K, DeepPartial<V>>
  : T extends readonly (infer U)[] ? readonly DeepPartial<U>[]
  : T extends { $case: string }
    ? T | { [K in keyof T]: K extends "$case" ? T[K] : DeepPartial<T[K]> }
  : T extends object ? { [K in keyof T]?: DeepPartial<T[K]> | undefined }
  : T;

/** Messages within messages, at most: a peer must not exhaust the stack. */
const DEEPEST = 100;

/** Wire types. */
const [VARINT, FIXED64, LENGTH, END_GROUP] = [0, 1, 2, 4];

// deno-lint-ignore no-explicit-any
type Values = Record<string, any>;

/** A message's codec. Its table is asked for when it is first used. */
export function message<T>(table: () => Fields<T>): Codec<T> {
  let known: readonly (readonly [string, Field | OneOf])[] | undefined;
  let places: Places | undefined;
  const fields = () => known ??= Object.entries<Field | OneOf>(table());
  return {
    encode(message, writer = new BinaryWriter()) {
      for (const [name, field] of fields()) {
        const value = (message as Values)[name];
        if (value === undefined) continue;
        if (isField(field)) writeField(writer, field, value);
        else writeOne(writer, field[value.$case]!, value[value.$case]);
      }
      return writer;
    },
    decode(input, length, depth = 0) {
      if (depth > DEEPEST) throw new Error("messages lie too deep in each other");
      const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
      const end = length === undefined ? reader.len : reader.pos + length;
      const values = this.create() as Values;
      places ??= placesOf(fields());
      while (reader.pos < end) readField(reader, places, values, depth);
      return values as T;
    },
    create() {
      const values: Values = {};
      for (const [name, field] of fields()) values[name] = zeroOf(field);
      return values as T;
    },
    fromPartial(given) {
      const values = this.create() as Values;
      for (const [name, field] of fields()) {
        const value = (given as Values)[name];
        if (value !== undefined) values[name] = filled(field, value);
      }
      return values as T;
    },
  };
}

/** Tells a field from a choice of fields. */
function isField(field: Field | OneOf): field is Field {
  return Array.isArray(field);
}

function zeroOf(field: Field | OneOf): unknown {
  if (!isField(field)) return undefined;
  const [, type, form, keys] = field;
  if (form === "list") return [];
  if (form === "map") return keys === "string" ? {} : new Map();
  return form === "optional" || typeof type !== "string" ? undefined : zero(type);
}

function zero(type: Scalar): unknown {
  if (type === "string") return "";
  if (type === "bytes") return new Uint8Array(0);
  if (type === "bool") return false;
  return type.endsWith("64") ? 0n : 0;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === 0n || value === false ||
    value instanceof Uint8Array && value.length === 0;
}

/** A value of `fromPartial`, with what is missing in the messages within it. */
function filled(field: Field | OneOf, value: Values[string]): unknown {
  if (!isField(field)) {
    const { $case } = value;
    return { $case, [$case]: filled(field[$case]!, value[$case]) };
  }
  const [, type, form] = field;
  const one = (value: unknown) =>
    typeof type === "string" ? value : type.fromPartial(value as Values);
  if (form === "list") return value.map(one);
  if (form !== "map") return one(value);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, one(item)]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, one(item)]));
}

function writeField(writer: BinaryWriter, field: Field, value: Values[string]): void {
  const [number, type, form, keys] = field;
  if (form === "map") {
    for (const [key, item] of value instanceof Map ? value : Object.entries(value)) {
      writer.uint32(number << 3 | LENGTH!).fork();
      writeField(writer, [1, keys!], key);
      writeField(writer, [2, type], item);
      writer.join();
    }
  } else if (form === "list" && isNumber(type)) {
    // Numbers stand in one field, one behind the other.
    if (value.length === 0) return;
    writer.uint32(number << 3 | LENGTH!).fork();
    for (const item of value) writer[type](item as never);
    writer.join();
  } else if (form === "list") {
    for (const item of value) writeOne(writer, field, item);
  } else if (form === "optional" || !isZero(value)) writeOne(writer, field, value);
}

/** One value, also if it is zero. */
function writeOne(writer: BinaryWriter, [number, type]: Field, value: unknown): void {
  writer.uint32(number << 3 | wireTypeOf(type));
  if (typeof type === "string") writer[type](value as never);
  else type.encode(value, writer.fork()).join();
}

function wireTypeOf(type: Type): number {
  if (typeof type !== "string" || type === "string" || type === "bytes") return LENGTH!;
  return type === "fixed64" || type === "double" ? FIXED64! : VARINT!;
}

function isNumber(type: Type): type is Exclude<Scalar, "string" | "bytes"> {
  return wireTypeOf(type) !== LENGTH;
}

/** Where a field's value goes; what is one of several, under the property `choice`. */
interface Place {
  readonly name: string;
  readonly field: Field;
  readonly choice?: string;
}

/** By the field's number. */
type Places = ReadonlyMap<number, Place>;

function placesOf(fields: readonly (readonly [string, Field | OneOf])[]): Places {
  const places = fields.flatMap(([name, field]): Place[] =>
    isField(field)
      ? [{ name, field }]
      : Object.entries(field).map(([one, field]) => ({ name: one, field, choice: name }))
  );
  return new Map(places.map((place) => [place.field[0], place]));
}

function readField(reader: BinaryReader, places: Places, values: Values, depth: number): void {
  const tag = reader.uint32();
  const wireType = tag & 7;
  const place = places.get(tag >>> 3);
  if (place !== undefined && readInto(reader, place, wireType, { values, depth })) return;
  if (wireType === END_GROUP || tag === 0) throw new Error(`a tag of ${tag}`);
  reader.skip(wireType);
}

interface Target {
  readonly values: Values;
  readonly depth: number;
}

/** False for a field that comes in another form than its own. */
function readInto(
  reader: BinaryReader,
  { name, field, choice }: Place,
  wireType: number,
  { values, depth }: Target,
): boolean {
  const [, type, form, keys] = field;
  if (form === "list" && isNumber(type) && wireType === LENGTH) {
    for (const end = reader.uint32() + reader.pos; reader.pos < end;) {
      values[name].push(reader[type]());
    }
    return true;
  }
  if (wireType !== (form === "map" ? LENGTH : wireTypeOf(type))) return false;
  if (form === "map") {
    const { key, value } = readEntry(reader, [keys!, type], depth);
    if (values[name] instanceof Map) values[name].set(key, value);
    else values[name][key] = value;
    return true;
  }
  const value = typeof type === "string"
    ? reader[type]()
    : type.decode(reader, reader.uint32(), depth + 1);
  if (form === "list") values[name].push(value);
  else if (choice === undefined) values[name] = value;
  else values[choice] = { $case: name, [name]: value };
  return true;
}

function readEntry(reader: BinaryReader, [keys, type]: [Scalar, Type], depth: number): Values {
  const entry: Values = { key: zero(keys), value: undefined };
  const places: Places = new Map([
    [1, { name: "key", field: [1, keys] }],
    [2, { name: "value", field: [2, type] }],
  ]);
  for (const end = reader.uint32() + reader.pos; reader.pos < end;) {
    readField(reader, places, entry, depth + 1);
  }
  entry["value"] ??= typeof type === "string" ? zero(type) : type.create();
  return entry;
}
