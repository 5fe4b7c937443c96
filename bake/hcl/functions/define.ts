/** Helpers for the functions of the library. */
import type { BigFloat } from "../values/big_float.ts";
import type { Budget } from "../../budget.ts";
import { ArgumentError, type Func, FunctionError, type Parameter } from "../function.ts";
import { BOOL, DYNAMIC, list, NUMBER, set, STRING, type Type } from "../values/type.ts";
import type { Value } from "../values/value.ts";

/**
 * The arguments of a function without a rest parameter. Those of its parameters are there, because
 * the caller counts them.
 */
export type Args = readonly [Value, Value, Value, ...Value[]];

/** Functions by name. */
export type Functions = Record<string, Func>;

const types: Record<string, Type> = {
  string: STRING,
  number: NUMBER,
  bool: BOOL,
  any: DYNAMIC,
  strings: list(STRING),
  list: list(DYNAMIC),
  set: set(DYNAMIC),
};

/**
 * A function of parameters `NAME:TYPE`, `NAME?:TYPE` where null is allowed, and `...NAME:TYPE` for
 * any number of further arguments. Types are the keys above.
 */
export function define(
  params: string,
  call: (args: Args, budget: Budget) => Value,
): Func {
  const all = params.split(" ").filter((text) => text !== "").map(parameter);
  const rest = params.includes("...") ? all.pop() : undefined;
  const run: Func["call"] = (args, { world }) => call(args as unknown as Args, world.budget);
  return { params: all, ...rest && { rest }, call: run };
}

function parameter(text: string): Parameter {
  const [, name, optional, type] = /^(?:\.\.\.)?(\w+)(\?)?:(\w+)$/.exec(text)!;
  return { name: name!, type: types[type!]!, allowNull: optional !== undefined };
}

export function textIn(value: Value): string {
  return value.content as string;
}

export function numberIn(value: Value): BigFloat {
  return value.content as BigFloat;
}

/** A whole number of 64 bits, as Go's `int` takes it. Throws {@link FunctionError}. */
export function integerIn(value: Value, prefix = ""): number {
  const integer = numberIn(value).toInt64();
  if (integer !== undefined) return Number(integer);
  throw new FunctionError(
    prefix + "value must be a whole number, between -9223372036854775808 and 9223372036854775807",
  );
}

/** Runs a part of a function, and blames the argument at that index for an error. */
export function blame<T>(index: number, prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ArgumentError(index, prefix + error.message);
  }
}
