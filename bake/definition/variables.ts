/** Reads the values of variables from texts of `--var` and of the environment. */
import { BakeError } from "../error.ts";
import { readBool } from "../../base/go/bool.ts";
import { BigFloat } from "../hcl/values/big_float.ts";
import { ConversionError, convert } from "../hcl/values/convert.ts";
import { csvFields } from "../../base/go/csv.ts";
import { Diagnostic } from "../hcl/diagnostic.ts";
import { fromJson, jsonMisfit, toJson } from "../hcl/values/json_text.ts";
import { parseFloat64 } from "../../base/go/float.ts";
import { quote } from "../../base/go/quote.ts";
import { setOf } from "../hcl/values/set.ts";
import { isCollection, isPrimitive, type Type, typeName } from "../hcl/values/type.ts";
import {
  boolOf,
  listOf,
  mapOf,
  numberOf,
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
  try {
    return readCsv(name, text, type);
  } catch (error) {
    throw wrap(error, `failed to convert variable ${name} from CSV`);
  }
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

function wrap(error: unknown, context: string): BakeError {
  return new BakeError(`${context}: ${(error as Error).message}`, { cause: error });
}

function readJson(name: string, text: string, type: Type): Value {
  const context = `failed to convert variable ${name} from JSON`;
  try {
    const value = fromJson(text);
    const misfit = jsonMisfit(value, type);
    if (misfit !== undefined) throw new ConversionError(misfit);
    return convert(value, type);
  } catch (error) {
    if (error instanceof Diagnostic) throw wrap(new Error(error.detail), context);
    throw wrap(error, context);
  }
}

function readPrimitive(name: string, text: string, type: Type): Value {
  if (type.kind === "string") return stringOf(text);
  if (type.kind === "bool") {
    const value = readBool(text);
    if (value !== undefined) return boolOf(value);
    const reason = `strconv.ParseBool: parsing ${quote(text)}: invalid syntax`;
    throw new BakeError(`failed to parse ${name} as bool: ${reason}`);
  }
  return numberOf(readDouble(name, text));
}

function readDouble(name: string, text: string): BigFloat {
  const fail = (reason: string) => new BakeError(`failed to parse ${name} as number: ${reason}`);
  let value: number;
  try {
    value = parseFloat64(text);
  } catch (error) {
    throw fail((error as Error).message);
  }
  if (!Number.isFinite(value)) throw fail("invalid number value");
  return BigFloat.ofDouble(value);
}

function readCsv(name: string, text: string, type: Type): Value {
  const unfit = () => new BakeError(`unsupported type ${typeName(type)} for CSV specification`);
  const element = (field: string, of: Type, preposition: string) => {
    if (!isPrimitive(of)) throw unfit();
    try {
      return readPrimitive(name, field, of);
    } catch (error) {
      throw wrap(error, `failed to parse element ${preposition} type ${typeName(type)}`);
    }
  };
  let fields: string[];
  try {
    fields = csvFields(text);
  } catch (error) {
    throw wrap(error, `failed to parse ${text} as CSV`);
  }
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
      const [key, value, ...more] = pair(name, field);
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

/** `key:value`, which is a record of CSV with colons. */
function pair(name: string, field: string): string[] {
  try {
    return csvFields(field, ":");
  } catch (error) {
    throw wrap(error, `failed to parse ${field} as k/v for variable ${name}`);
  }
}

/** A value in the form of `--list`; undefined for null. */
export function listedText(value: Value, typed: boolean): string | undefined {
  const { content, type } = value;
  if (content === null) return undefined;
  if (typed && type.kind === "string") return toJson(value).replace(/^"+|"+$/g, "");
  return isPrimitive(type) && !typed ? String(convertText(value)) : toJson(value);
}

function convertText({ content }: Value): string {
  return content instanceof BigFloat ? content.text("f") : String(content);
}
