/**
 * Go's structs, for templates and for JSON: a field is asked for by its Go name, printed in its place,
 * and written to JSON under its tag.
 */

import { StringMap } from "./values.ts";

/** What a field holds, and so what it is when JSON doesn't say. */
export type FieldType =
  | "string"
  | "int"
  | "bool"
  /** Of strings. */
  | "list"
  /** Of strings to strings. */
  | "map"
  /** A map to nothing: its keys count. */
  | "set"
  /** Unknown: what JSON has. */
  | "any"
  /** Made by the function from what JSON has; nil without. */
  | ((json: unknown) => unknown)
  /** A struct of its own; `inline`: its fields are this one's, too. */
  | { readonly struct: StructType; readonly inline?: boolean }
  /** Nil, or a struct. */
  | { readonly pointer: StructType }
  | { readonly listOf: StructType };

export interface Field {
  readonly name: string;
  /** Its name in JSON; absent for an inline struct. */
  readonly tag?: string;
  readonly type: FieldType;
  /** Stands in JSON even when it is empty. */
  readonly always?: boolean;
}

export type StructType = readonly Field[];

/** The value of a struct, from what JSON has of it; what the struct doesn't know is left out. */
export function makeStruct(type: StructType, json: unknown): object {
  const from = isRecord(json) ? json : {};
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
export function mapsOf(json: unknown): unknown {
  if (json === null) return undefined;
  if (Array.isArray(json)) return json.map(mapsOf);
  if (!isRecord(json)) return json;
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
    if ("pointer" in type) return isRecord(json) ? makeStruct(type.pointer, json) : null;
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
      return new StringMap(Object.entries(isRecord(json) ? json : {}) as [string, string][]);
    case "set":
      return new Map(Object.keys(isRecord(json) ? json : {}).map((key) => [key, {}]));
    case "any":
      return mapsOf(json);
  }
}

function isInline(type: FieldType): type is { struct: StructType; inline: true } {
  return typeof type === "object" && "struct" in type && type.inline === true;
}

/** What Go's `omitempty` leaves out. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === 0 || value === false ||
    (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
