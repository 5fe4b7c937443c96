/**
 * Go's structs, for templates and for JSON. A template names a field by its Go name and prints
 * fields in order; JSON has a field under its tag.
 */

import { isObject } from "../../json.ts";
import { StringMap } from "./values.ts";

/** The type of a field, which also decides the field's value when JSON lacks it. */
type FieldType =
  | "string"
  | "int"
  | "bool"
  /** A list of strings. */
  | "list"
  /** A map from strings to strings. */
  | "map"
  /** A map whose keys are the members of a set. */
  | "set"
  /** An unknown type: the value is the one in JSON. */
  | "any"
  /** A function that makes the value from the one in JSON; nil if JSON has none. */
  | ((json: unknown) => unknown)
  /** A nested struct; with `inline`, its fields belong to the outer struct, too. */
  | { readonly struct: StructType; readonly inline?: boolean }
  /** A pointer to a struct, which may be nil. */
  | { readonly pointer: StructType }
  | { readonly listOf: StructType };

interface Field {
  readonly name: string;
  /** The field's name in JSON; absent for an inline struct. */
  readonly tag?: string;
  readonly type: FieldType;
  /** JSON has the field even when it is empty. */
  readonly always?: boolean;
}

export type StructType = readonly Field[];

/** Makes the value of a struct from JSON; keys that the struct doesn't know are left out. */
export function makeStruct(type: StructType, json: unknown): object {
  const from = isObject(json) ? json : {};
  const value: Record<string, unknown> = {};
  for (const { name, tag, type: kind } of type) {
    value[name] = fieldValue(kind, isInline(kind) ? json : from[tag ?? name]);
    if (!isInline(kind)) continue;
    for (const inner of kind.struct) {
      const get = () => (value[name] as Record<string, unknown>)[inner.name];
      Object.defineProperty(value, inner.name, { get, enumerable: false });
    }
  }
  Object.defineProperty(value, "toJSON", {
    value: () => structJson(type, value),
    enumerable: false,
  });
  return value;
}

/** JSON as a template sees it: objects are maps, whose missing keys are no error. */
function mapsOf(json: unknown): unknown {
  if (json === null) return undefined;
  if (Array.isArray(json)) return json.map(mapsOf);
  if (!isObject(json)) return json;
  return new Map(Object.entries(json).map(([key, item]) => [key, mapsOf(item)]));
}

function structJson(type: StructType, value: Record<string, unknown>): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const { name, tag, type: kind, always } of type) {
    const item = value[name];
    if (isInline(kind)) Object.assign(json, structJson(kind.struct, item as typeof value));
    else if (always || !isEmpty(item)) json[tag ?? name] = item ?? null;
  }
  return json;
}

function fieldValue(type: FieldType, json: unknown): unknown {
  if (typeof type === "function") return json === undefined || json === null ? null : type(json);
  if (typeof type === "object") {
    if ("struct" in type) return makeStruct(type.struct, json);
    if ("pointer" in type) return isObject(json) ? makeStruct(type.pointer, json) : null;
    return Array.isArray(json) ? json.map((item) => makeStruct(type.listOf, item)) : [];
  }
  switch (type) {
    case "string":
      return typeof json === "string" ? json : "";
    case "int":
      return typeof json === "number" ? json : 0;
    case "bool":
      return json === true;
    case "list":
      return Array.isArray(json) ? json : [];
    case "map":
      return new StringMap(Object.entries(isObject(json) ? json : {}) as [string, string][]);
    case "set":
      return new Map(Object.keys(isObject(json) ? json : {}).map((key) => [key, {}]));
    case "any":
      return mapsOf(json);
  }
}

function isInline(type: FieldType): type is { struct: StructType; inline: true } {
  return typeof type === "object" && "struct" in type && type.inline === true;
}

/** Whether Go's `omitempty` leaves the value out. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === 0 || value === false ||
    (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
}
