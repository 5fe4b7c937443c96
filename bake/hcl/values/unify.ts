/**
 * The one type that several types can be converted to, for the result of `?:` and the elements of a
 * list. Strings win over numbers and bools. Objects with different attributes become maps, tuples
 * of different lengths lists.
 */
import { LimitError } from "../../budget.ts";
import { conversionOrSame } from "./convert.ts";
import {
  type Collection,
  DYNAMIC,
  isCollection,
  isPrimitive,
  list,
  map,
  object,
  type ObjectType,
  sameType,
  type Tuple,
  tuple,
  type Type,
} from "./type.ts";

/** The most different types that are unified at once. The time grows with their cube. */
const MAX_TYPES = 200;

/** Undefined when there is no such type. */
export function unify(all: readonly Type[], unsafe: boolean): Type | undefined {
  const types = different(all);
  if (types.length < 2) return types[0];
  const count = (kind: Type["kind"]) => types.filter((type) => type.kind === kind).length;
  const dynamic = count("dynamic");
  const only = (...kinds: Type["kind"][]) =>
    kinds.reduce((sum, kind) => sum + count(kind), 0) + dynamic === types.length;
  for (const kind of ["map", "list", "set"] as const) {
    if (count(kind) > 0 && only(kind)) {
      return dynamic > 0 ? DYNAMIC : collections(kind, types as Collection[], unsafe);
    }
    if (kind === "set") continue;
    const structure = kind === "map" ? "object" : "tuple";
    if (count(kind) > 0 && only(kind, structure)) {
      const common = structuresAmong(kind, structure, types, unsafe);
      if (common !== undefined) return common;
      return preferred(types, unsafe);
    }
  }
  if (count("object") > 0 && only("object")) {
    return dynamic > 0 ? DYNAMIC : objects(types as ObjectType[], unsafe);
  }
  if (count("tuple") > 0 && only("tuple")) {
    return dynamic > 0 ? DYNAMIC : tuples(types as Tuple[], unsafe);
  }
  if (count("object") > 0 && count("tuple") > 0) return undefined;
  return preferred(types, unsafe);
}

function different(types: readonly Type[]): Type[] {
  const found: Type[] = [];
  for (const type of types) {
    if (!found.some((other) => sameType(other, type))) {
      found.push(type);
      if (found.length > MAX_TYPES) {
        throw new LimitError(`a list mixes values of more than ${MAX_TYPES} types`);
      }
    }
  }
  return found;
}

/** The first type, in order of preference, that all others convert to. */
function preferred(types: readonly Type[], unsafe: boolean): Type | undefined {
  return order(types).find((want) => convertible(types, want, unsafe));
}

/** The types with the more general ones first, otherwise in their own order. */
function order(types: readonly Type[]): Type[] {
  const rest = [...types], sorted: Type[] = [];
  while (rest.length > 0) {
    const at = rest.findIndex((type) => rest.every((other) => preference(type, other) <= 0));
    sorted.push(...rest.splice(Math.max(at, 0), 1));
  }
  return sorted;
}

/** Negative when the first is the more general one. */
function preference(a: Type, b: Type): number {
  if (a.kind === "dynamic" || b.kind === "dynamic") {
    return Number(a.kind === "dynamic") - Number(b.kind === "dynamic");
  }
  if (isPrimitive(a) && isPrimitive(b)) {
    return Number(b.kind === "string") - Number(a.kind === "string");
  }
  if (isCollection(a) && a.kind === b.kind) return preference(a.element, b.element);
  const general = ["set", "list", "tuple"];
  const [left, right] = [general.indexOf(a.kind), general.indexOf(b.kind)];
  if (left >= 0 && right >= 0 && left !== right) return left < right ? -1 : 1;
  if (a.kind === "map" && b.kind === "object") return -1;
  if (a.kind === "object" && b.kind === "map") return 1;
  if (a.kind === "tuple" && b.kind === "tuple") {
    if (a.elements.length !== b.elements.length) return 0;
    return allOf(a.elements.map((type, i) => preference(type, b.elements[i]!)));
  }
  if (a.kind !== "object" || b.kind !== "object" || a.attributes.size !== b.attributes.size) {
    return 0;
  }
  const each = [...a.attributes].map(([name, type]) => {
    const other = b.attributes.get(name);
    return other === undefined ? NaN : preference(type, other);
  });
  return each.some(Number.isNaN) ? 0 : allOf(each);
}

function allOf(each: number[]): number {
  const less = each.some((n) => n < 0), more = each.some((n) => n > 0);
  return less === more ? 0 : less ? -1 : 1;
}

function collections(
  kind: Collection["kind"],
  types: readonly Collection[],
  unsafe: boolean,
): Type | undefined {
  const element = unify(types.map((type) => type.element), unsafe);
  if (element === undefined) return undefined;
  const common = { kind, element };
  return convertible(types, common, unsafe) ? common : undefined;
}

/**
 * Unifies maps with objects, or lists with tuples: first the structures, then all as collections.
 */
function structuresAmong(
  kind: "map" | "list",
  structure: "object" | "tuple",
  types: readonly Type[],
  unsafe: boolean,
): Type | undefined {
  const structures = types.filter((type) => type.kind === structure);
  const one = structuresToCollection(kind, structures, unsafe);
  if (one === undefined) return undefined;
  const common = unify(types.map((type) => type.kind === structure ? one : type), unsafe);
  return common?.kind === kind ? common : undefined;
}

function structuresToCollection(
  kind: "map" | "list",
  types: readonly Type[],
  unsafe: boolean,
): Type | undefined {
  const parts = types.flatMap((type) =>
    type.kind === "object"
      ? [...type.attributes.values()]
      : type.kind === "tuple"
      ? type.elements
      : []
  );
  const element = unify(parts, unsafe);
  if (element === undefined) return undefined;
  const common = kind === "map" ? map(element) : list(element);
  return convertible(types, common, unsafe) ? common : undefined;
}

function objects(types: readonly ObjectType[], unsafe: boolean): Type | undefined {
  const [first] = types;
  const names = [...first!.attributes.keys()];
  const sameNames = types.every(({ attributes }) =>
    attributes.size === names.length && names.every((name) => attributes.has(name))
  );
  if (!sameNames) return structuresToCollection("map", types, unsafe);
  const attributes = new Map<string, Type>();
  for (const name of names) {
    const common = unify(types.map((type) => type.attributes.get(name)!), unsafe);
    if (common === undefined) return undefined;
    attributes.set(name, common);
  }
  const common = object(attributes);
  if (convertible(types, common, unsafe)) return common;
  return structuresToCollection("map", types, unsafe);
}

function tuples(types: readonly Tuple[], unsafe: boolean): Type | undefined {
  const { length } = types[0]!.elements;
  if (types.some(({ elements }) => elements.length !== length)) {
    return structuresToCollection("list", types, unsafe);
  }
  const elements: Type[] = [];
  for (let i = 0; i < length; i++) {
    const common = unify(types.map((type) => type.elements[i]!), unsafe);
    if (common === undefined) return undefined;
    elements.push(common);
  }
  const common = tuple(elements);
  if (convertible(types, common, unsafe)) return common;
  return structuresToCollection("list", types, unsafe);
}

function convertible(types: readonly Type[], common: Type, unsafe: boolean): boolean {
  return types.every((type) => conversionOrSame(type, common, unsafe) !== undefined);
}
