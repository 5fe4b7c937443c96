/** Sets, and the numbers of a range. */
import { convert } from "../convert.ts";
import { ArgumentError, type Func, FunctionError } from "../function.ts";
import { LimitError } from "../limit.ts";
import { type Collection, DYNAMIC, NUMBER, set, tuple, type Type } from "../type.ts";
import { unify } from "../unify.ts";
import {
  boolOf,
  elementsOf,
  equalValues,
  integerOf as valueOfInteger,
  listOf,
  numberOf as valueOf,
  setOf,
  tupleOf,
  type Value,
} from "../value.ts";
import { blame, define, type Functions, numberOf } from "./define.ts";

type Args = readonly Value[];
type Elements = readonly Value[];

/** An operation on sets of one element type, made of one on two sets' elements. */
function operation(params: string, combine: (a: Elements, b: Elements) => Value[]): Func {
  return define(params, (sets, step) => {
    const types = sets.map(({ type }) => (type as Collection).element)
      .filter((type, i) => elementsOf(sets[i]!).length > 0 || type.kind !== "dynamic");
    const element = types.length === 0 ? DYNAMIC : unify(types, true);
    if (element === undefined) {
      throw new FunctionError("given sets must all have compatible element types");
    }
    const [first, ...others] = sets.map((of, i) => blame(i, "", () => convert(of, set(element))));
    let elements = elementsOf(first!);
    for (const other of others) {
      step(elements.length * (1 + elementsOf(other).length));
      elements = combine(elements, elementsOf(other));
    }
    return setOf(element, elements);
  });
}

function has(elements: Elements, value: Value): boolean {
  return elements.some((element) => equalValues(element, value));
}

function product(args: Args, step: (count: number) => void): Value {
  if (args.length < 2) throw new FunctionError("at least two arguments are required");
  const types = args.map((of, i): Type => {
    const { type } = of;
    if (type.kind === "set" || type.kind === "list") return type.element;
    if (type.kind !== "tuple") throw new ArgumentError(i, "a set or a list is required");
    if (type.elements.length === 0) return DYNAMIC;
    const common = unify(type.elements, true);
    if (common !== undefined) return common;
    throw new ArgumentError(i, "all elements must be of the same type");
  });
  const total = args.reduce((count, of) => count * elementsOf(of).length, 1);
  if (total > 1 << 18) throw new LimitError("the product of the sets is too large");
  step(total * args.length);
  let rows: Value[][] = [[]];
  for (const [i, of] of args.entries()) {
    const converted = elementsOf(of).map((element) => convert(element, types[i]!));
    rows = rows.flatMap((row) => converted.map((element) => [...row, element]));
  }
  const type = tuple(types);
  const tuples = rows.map((row) => row.length === 0 ? tupleOf([]) : { ...tupleOf(row), type });
  const listed = args.every((of) => of.type.kind !== "set");
  return listed ? listOf(type, tuples) : setOf(type, tuples);
}

const MAX_RANGE = 1024;

function range(args: Args): Value {
  const [a, b, c] = args.map(numberOf);
  if (a === undefined || args.length > 3) {
    throw new FunctionError("must have one, two, or three arguments");
  }
  const zero = numberOf(valueOfInteger(0));
  const [start, end] = b === undefined ? [zero, a] : [a, b];
  const step = c ?? numberOf(valueOfInteger(end.compare(start) < 0 ? -1 : 1));
  if (step.sign === 0) throw new ArgumentError(2, "step must not be zero");
  const down = step.sign < 0;
  if (down && end.compare(start) > 0) {
    throw new ArgumentError(1, "end must be less than start when step is negative");
  }
  if (!down && end.compare(start) < 0) {
    throw new ArgumentError(1, "end must be greater than start when step is positive");
  }
  const numbers: Value[] = [];
  for (let at = start; down ? at.compare(end) > 0 : at.compare(end) < 0;) {
    if (numbers.length >= MAX_RANGE) {
      throw new FunctionError(
        `more than ${MAX_RANGE} values were generated; either decrease the difference between ` +
          "start and end or use a smaller step",
      );
    }
    numbers.push(valueOf(at));
    at = at.add(step)!;
  }
  return listOf(NUMBER, numbers);
}

const several = "first_set:set ...other_sets:set";

export const functions: Functions = {
  sethaselement: define("set:set elem:any", ([of, value]) => boolOf(has(elementsOf(of!), value!))),
  setunion: operation(several, (a, b) => [...a, ...b]),
  setintersection: operation(several, (a, b) => a.filter((value) => has(b, value))),
  setsubtract: operation("a:set b:set", (a, b) => a.filter((value) => !has(b, value))),
  setsymmetricdifference: operation(several, (a, b) => [
    ...a.filter((value) => !has(b, value)),
    ...b.filter((value) => !has(a, value)),
  ]),
  setproduct: define("...sets:any", product),
  range: define("...params:number", range),
};
