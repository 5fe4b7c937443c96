/** Reads the values of variables from texts of `--var` and of the environment. */
import { BakeError } from "../error.ts";
import { parseBool } from "../../base/go/bool.ts";
import { BigFloat } from "../hcl/values/big_float.ts";
import { convert } from "../hcl/values/convert.ts";
import { csvFields } from "../../base/go/csv.ts";
import { Diagnostic } from "../hcl/diagnostic.ts";
import { fromJson, jsonMisfit, toJson } from "../hcl/values/json_text.ts";
import { parseFloat64 } from "../../base/go/float.ts";
import { setOf } from "../hcl/values/set.ts";
import { isCollection, isPrimitive, type Type, typeName } from "../hcl/values/type.ts";
import {
  boolOf,
  listOf,
  mapOf,
  numberOf,
  primitiveText,
  stringOf,
  tupleOf,
  type Value,
} from "../hcl/values/value.ts";

/** A text that overrides a variable; `json` when it comes from `NAME_JSON`. */
export interface Override {
  readonly text: string;
  readonly json: boolean;
}

/** The value of a variable that declares a type. Throws a {@link BakeError}. */
export function readTyped(name: string, { text, json }: Override, type: Type): Value {
  if (json) return readJson(name, text, type);
  if (isPrimitive(type)) return readPrimitive(name, text, type);
  if (!isCollection(type) && type.kind !== "tuple") throw unsupported(name, type);
  return within(
    `failed to convert variable ${name} from CSV`,
    () => readCsv(name, text, type),
  );
}

/** The value of a variable without a type, by its default. Throws a {@link BakeError}. */
export function readUntyped(name: string, text: string, otherwise: Value | undefined): Value {
  if (otherwise === undefined || otherwise.type.kind === "dynamic") return stringOf(text);
  if (isPrimitive(otherwise.type)) return readPrimitive(name, text, otherwise.type);
  throw unsupported(name, otherwise.type);
}

function unsupported(name: string, type: Type): BakeError {
  return new BakeError(`unsupported type ${typeName(type)} for variable ${name}`);
}

/** Runs a function, and puts a context before the messages of its errors. */
function within<T>(context: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const reason = error instanceof Diagnostic ? error.detail : (error as Error).message;
    throw new BakeError(`${context}: ${reason}`, { cause: error });
  }
}

function readJson(name: string, text: string, type: Type): Value {
  return within(`failed to convert variable ${name} from JSON`, () => {
    const value = fromJson(text);
    const misfit = jsonMisfit(value, type);
    if (misfit !== undefined) throw new Error(misfit);
    return convert(value, type);
  });
}

function readPrimitive(name: string, text: string, type: Type): Value {
  if (type.kind === "string") return stringOf(text);
  return within(`failed to parse ${name} as ${type.kind}`, () => {
    if (type.kind === "bool") return boolOf(parseBool(text));
    const value = parseFloat64(text);
    if (!Number.isFinite(value)) throw new Error("invalid number value");
    return numberOf(BigFloat.ofDouble(value));
  });
}

function readCsv(name: string, text: string, type: Type): Value {
  const unfit = () => new BakeError(`unsupported type ${typeName(type)} for CSV specification`);
  const element = (field: string, elementType: Type, preposition: string) => {
    if (!isPrimitive(elementType)) throw unfit();
    const context = `failed to parse element ${preposition} type ${typeName(type)}`;
    return within(context, () => readPrimitive(name, field, elementType));
  };
  const fields = within(`failed to parse ${text} as CSV`, () => csvFields(text));
  if (type.kind === "tuple") {
    const { elements } = type;
    if (elements.length !== fields.length) {
      const counts = `${elements.length} elements but only ${fields.length} provided`;
      throw new BakeError(`${typeName(type)} expects ${counts}`);
    }
    return tupleOf(fields.map((field, i) => element(field, elements[i]!, "of")));
  }
  if (!isCollection(type) || !isPrimitive(type.element)) throw unfit();
  if (type.kind === "map") {
    const entries = fields.map((field) => {
      const context = `failed to parse ${field} as k/v for variable ${name}`;
      const [key, value, ...more] = within(context, () => csvFields(field, ":"));
      if (value === undefined || more.length > 0) {
        const count = value === undefined ? 1 : 2 + more.length;
        throw new BakeError(`expected one k/v pair but got ${count} pieces from ${field}`);
      }
      return [key!, element(value, type.element, "from")] as const;
    });
    return mapOf(type.element, new Map(entries));
  }
  const values = fields.map((field) => element(field, type.element, "of"));
  return type.kind === "set" ? setOf(type.element, values) : listOf(type.element, values);
}

/** A value in the form of `--list`; undefined for null. */
export function listedText(value: Value, typed: boolean): string | undefined {
  const { content, type } = value;
  if (content === null) return undefined;
  if (typed && type.kind === "string") return toJson(value).replace(/^"+|"+$/g, "");
  return isPrimitive(type) && !typed ? primitiveText(value) : toJson(value);
}
