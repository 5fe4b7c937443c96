/** Types of the language: primitives, collections of one element type, and two structures. */

export type Type =
  | { readonly kind: "string" | "number" | "bool" | "dynamic" }
  | { readonly kind: "list" | "set" | "map"; readonly element: Type }
  | { readonly kind: "tuple"; readonly elements: readonly Type[] }
  | {
    readonly kind: "object";
    readonly attributes: ReadonlyMap<string, Type>;
    /** Attributes that a value to be converted may lack. */
    readonly optional: ReadonlySet<string>;
  };

export type Collection = Extract<Type, { element: Type }>;
export type Tuple = Extract<Type, { kind: "tuple" }>;
export type ObjectType = Extract<Type, { kind: "object" }>;

export const STRING: Type = { kind: "string" };
export const NUMBER: Type = { kind: "number" };
export const BOOL: Type = { kind: "bool" };
/** The type of a bare null. As a wanted type, it means any type. */
export const DYNAMIC: Type = { kind: "dynamic" };

const none: ReadonlySet<string> = new Set();

export function list(element: Type): Type {
  return { kind: "list", element };
}

export function set(element: Type): Type {
  return { kind: "set", element };
}

export function map(element: Type): Type {
  return { kind: "map", element };
}

export function tuple(elements: readonly Type[]): Type {
  return { kind: "tuple", elements };
}

export function object(
  attributes: ReadonlyMap<string, Type>,
  optional: ReadonlySet<string> = none,
): Type {
  return { kind: "object", attributes, optional };
}

export function isPrimitive(type: Type): boolean {
  return type.kind === "string" || type.kind === "number" || type.kind === "bool";
}

export function isCollection(type: Type): type is Collection {
  return type.kind === "list" || type.kind === "set" || type.kind === "map";
}

/** Whether values of the type have elements without names. */
export function isSequence(type: Type): boolean {
  return type.kind === "list" || type.kind === "set" || type.kind === "tuple";
}

export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind === "tuple") {
    if (b.kind !== "tuple" || a.elements.length !== b.elements.length) return false;
    return a.elements.every((element, i) => sameType(element, b.elements[i]!));
  }
  if (a.kind === "object") {
    if (b.kind !== "object" || a.attributes.size !== b.attributes.size) return false;
    if (a.optional.size !== b.optional.size) return false;
    for (const [name, attribute] of a.attributes) {
      const other = b.attributes.get(name);
      if (other === undefined || !sameType(attribute, other)) return false;
      if (a.optional.has(name) !== b.optional.has(name)) return false;
    }
    return true;
  }
  if (isCollection(a)) return a.kind === b.kind && sameType(a.element, b.element);
  return a.kind === b.kind;
}

/** The type without optional attributes, as values have none. */
export function withoutOptional(type: Type): Type {
  if (isCollection(type)) return { kind: type.kind, element: withoutOptional(type.element) };
  if (type.kind === "tuple") return tuple(type.elements.map(withoutOptional));
  if (type.kind !== "object") return type;
  return object(new Map([...type.attributes].map(([name, item]) => [name, withoutOptional(item)])));
}

/** The name of a type in messages. `constraint` says that it is a wanted type. */
export function typeName(type: Type, constraint = false): string {
  if (isCollection(type)) {
    const single = constraint && type.element.kind === "dynamic";
    return `${type.kind} of ${single ? "any single type" : typeName(type.element, constraint)}`;
  }
  if (type.kind === "dynamic") return constraint ? "any type" : "dynamic";
  return type.kind;
}

/** Whether a part of the type may be anything. */
export function hasDynamic(type: Type): boolean {
  if (type.kind === "dynamic") return true;
  if (isCollection(type)) return hasDynamic(type.element);
  if (type.kind === "tuple") return type.elements.some(hasDynamic);
  if (type.kind === "object") return [...type.attributes.values()].some(hasDynamic);
  return false;
}
