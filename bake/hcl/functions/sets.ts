/** Functions of sets, and `range()`. */
import { convert } from "../values/convert.ts";
import { ArgumentError, type Func, FunctionError } from "../function.ts";
import { type Budget, LimitError } from "../../budget.ts";
import { setOf, Values } from "../values/set.ts";
import { type Collection, DYNAMIC, NUMBER, set, tuple, type Type } from "../values/type.ts";
import { unify } from "../values/unify.ts";
import {
  boolOf,
  elementsOf,
  equalValues,
  integerOf,
  listOf,
  numberOf,
  tupleOf,
  type Value,
} from "../values/value.ts";
import { type Args, blame, define, type Functions, numberIn } from "./define.ts";

/** Elements of a product. */
const MAX_PRODUCT = 1 << 18;

type Elements = readonly Value[];
/** Whether a value is among the elements of a set. */
type Has = (value: Value) => boolean;

/** An operation on any number of sets, made from an operation on the elements of two sets. */
function operation(
  params: string,
  combine: (a: Elements, b: Elements, inA: Has, inB: Has) => Value[],
): Func {
  return define(params, (sets, budget) => {
    const types = sets.map(({ type }) => (type as Collection).element)
      .filter((type, i) => elementsOf(sets[i]!).length > 0 || type.kind !== "dynamic");
    const element = types.length === 0 ? DYNAMIC : unify(types, true);
    if (element === undefined) {
      throw new FunctionError("given sets must all have compatible element types");
    }
    const [first, ...others] = sets.map((source, i) =>
      blame(i, "", () => convert(source, set(element)))
    );
    const hasOf = (elements: Elements): Has => {
      const values = new Values(budget, elements);
      return (value) => values.has(value);
    };
    let elements = elementsOf(first!);
    for (const other of others) {
      const more = elementsOf(other);
      budget.step(elements.length + more.length);
      elements = combine(elements, more, hasOf(elements), hasOf(more));
    }
    return setOf(element, elements);
  });
}

function product(args: Args, budget: Budget): Value {
  if (args.length < 2) throw new FunctionError("at least two arguments are required");
  const types = args.map((source, i): Type => {
    const { type } = source;
    if (type.kind === "set" || type.kind === "list") return type.element;
    if (type.kind !== "tuple") throw new ArgumentError(i, "a set or a list is required");
    if (type.elements.length === 0) return DYNAMIC;
    const common = unify(type.elements, true);
    if (common !== undefined) return common;
    throw new ArgumentError(i, "all elements must be of the same type");
  });
  const total = args.reduce((count, source) => count * elementsOf(source).length, 1);
  if (total > MAX_PRODUCT) {
    throw new LimitError(`the product of the sets has more than ${MAX_PRODUCT} elements`);
  }
  budget.step(total * args.length);
  let rows: Value[][] = [[]];
  for (const [i, source] of args.entries()) {
    const converted = elementsOf(source).map((element) => convert(element, types[i]!));
    rows = rows.flatMap((row) => converted.map((element) => [...row, element]));
  }
  const type = tuple(types);
  const tuples = rows.map((row) => row.length === 0 ? tupleOf([]) : { ...tupleOf(row), type });
  const listed = args.every((source) => source.type.kind !== "set");
  return listed ? listOf(type, tuples) : setOf(type, tuples);
}

const MAX_RANGE = 1024;

function range(args: Args): Value {
  const [a, b, c] = args.map(numberIn);
  if (a === undefined || args.length > 3) {
    throw new FunctionError("must have one, two, or three arguments");
  }
  const zero = numberIn(integerOf(0));
  const [start, end] = b === undefined ? [zero, a] : [a, b];
  const step = c ?? numberIn(integerOf(end.compare(start) < 0 ? -1 : 1));
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
    numbers.push(numberOf(at));
    at = at.add(step)!;
  }
  return listOf(NUMBER, numbers);
}

const several = "first_set:set ...other_sets:set";

export const functions: Functions = {
  sethaselement: define(
    "set:set elem:any",
    ([source, value]) => boolOf(elementsOf(source).some((element) => equalValues(element, value))),
  ),
  setunion: operation(several, (a, b) => [...a, ...b]),
  setintersection: operation(several, (a, _, __, inB) => a.filter(inB)),
  setsubtract: operation("a:set b:set", (a, _, __, inB) => a.filter((value) => !inB(value))),
  setsymmetricdifference: operation(several, (a, b, inA, inB) => [
    ...a.filter((value) => !inB(value)),
    ...b.filter((value) => !inA(value)),
  ]),
  setproduct: define("...sets:any", product),
  range: define("...params:number", range),
};
