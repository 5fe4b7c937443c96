/** Explains why a type is not the wanted one, as a part of a sentence and in HCL's words. */
import { conversionOf, conversionOrSame } from "./convert.ts";
import { compareText } from "./text.ts";
import { quote } from "../../../base/go/quote.ts";
import {
  type Collection,
  hasDynamic,
  isCollection,
  isPrimitive,
  type ObjectType,
  sameType,
  type Type,
  typeName,
} from "./type.ts";

export function mismatch(got: Type, want: Type): string {
  if (got.kind === "object" && want.kind === "object") return objects(got, want);
  if (isCollection(want) && want.element.kind === "dynamic") {
    const structure = want.kind === "map" ? "object" : "tuple";
    if (got.kind === structure) return `all ${want.kind} elements must have the same type`;
  }
  if ((got.kind === "tuple" || got.kind === "object") && isCollection(want)) {
    return structure(got, want);
  }
  if (isCollection(got) && isCollection(want)) return collections(got, want);
  if (!confusing(got, want)) return `${typeName(want)} required, but have ${typeName(got)}`;
  return `${typeName(want, true)} required`;
}

function objects(got: ObjectType, want: ObjectType): string {
  const missing: string[] = [];
  let unsafe: string | undefined, safe: string | undefined;
  for (const [name, type] of want.attributes) {
    const have = got.attributes.get(name);
    if (have === undefined) {
      if (!want.optional.has(name)) missing.push(name);
      continue;
    }
    if (sameType(have, type) || unsafe !== undefined) continue;
    const why = `attribute ${quote(name)}: ${mismatch(have, type)}`;
    if (conversionOf(have, type, true) === undefined) unsafe = why;
    if (conversionOf(have, type, false) === undefined) safe ??= why;
  }
  if (missing.length === 0) return unsafe ?? safe ?? "incorrect object attributes";
  const names = missing.sort(compareText).map(quote);
  if (names.length === 1) return `attribute ${names[0]} is required`;
  const last = names.pop();
  return names.length === 1
    ? `attributes ${names[0]} and ${last} are required`
    : `attributes ${names.join(", ")}, and ${last} are required`;
}

function structure(got: Exclude<Type, Collection>, want: Collection): string {
  const wrong = got.kind === "tuple" ? want.kind === "map" : want.kind !== "map";
  if (wrong) return `${typeName(want, true)} required`;
  const parts: [string, Type][] = got.kind === "tuple"
    ? got.elements.map((type, i) => [String(i), type])
    : [...(got as ObjectType).attributes].map(([name, type]) => [quote(name), type]);
  for (const [name, type] of parts) {
    if (conversionOrSame(type, want.element, true)) continue;
    return `element ${name}: ${mismatch(type, want.element)}`;
  }
  return `all elements must be ${typeName(want.element, true)}`;
}

function collections(got: Collection, want: Collection): string {
  const wrong = want.kind === "map" ? got.kind !== "map" : got.kind === "map";
  if (wrong) return `${typeName(want, true)} required`;
  return `incorrect ${want.kind} element type: ${mismatch(got.element, want.element)}`;
}

/** Whether the name of the actual type would confuse more than help. */
function confusing(got: Type, want: Type): boolean {
  if (isPrimitive(got) !== isPrimitive(want)) return false;
  if (want.kind === "string") return false;
  if (want.kind === "bool" && got.kind === "number") return false;
  if (want.kind === "number" && got.kind === "bool") return false;
  if (isCollection(got) && isCollection(want)) {
    if (!hasDynamic(got.element) && hasDynamic(want.element)) return false;
  }
  return !(got.kind === "tuple" && want.kind === "object");
}
