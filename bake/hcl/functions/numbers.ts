/** Functions of numbers: arithmetic, rounding, and comparison. */
import { BigFloat } from "../values/big_float.ts";
import type { BinaryOperator } from "../expression.ts";
import { ArgumentError, type Func, FunctionError } from "../function.ts";
import { operations } from "../operators.ts";
import { quote } from "../../../base/go/quote.ts";
import { typeName } from "../values/type.ts";
import { boolOf, integerOf, numberOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, integerIn, numberIn, textIn } from "./define.ts";

function operator(sign: BinaryOperator, params = "a:number b:number"): Func {
  return define(params, ([a, b]) => operations[sign](a, b));
}

/** Down or up to the next whole number, at the precision of the number. */
function toward(direction: 1 | -1): Func {
  return define("num:number", ([num]) => {
    const number = numberIn(num);
    if (number.infinite || number.isInteger) return num;
    const whole = number.toBigInt();
    return integerOf(number.sign === direction ? whole + BigInt(direction) : whole);
  });
}

function extreme(sign: "<" | ">"): Func {
  return define("...numbers:number", (numbers) => {
    if (numbers.length === 0) throw new FunctionError("must pass at least one number");
    return numbers.reduce((best, number) =>
      operations[sign](number, best).content === true ? number : best
    );
  });
}

function doubles(calculate: (a: number, b: number) => number): (args: Args) => Value {
  return ([a, b]) => {
    const result = calculate(doubleOf(a), doubleOf(b));
    if (Number.isNaN(result)) throw new FunctionError("the result is not a number");
    return numberOf(BigFloat.ofDouble(result));
  };
}

function doubleOf(value: Value): number {
  const double = numberIn(value).toDouble();
  if (Number.isFinite(double) || numberIn(value).infinite) return double;
  const max = BigFloat.ofDouble(Number.MAX_VALUE).text("f", 6);
  throw new FunctionError(`value must be between -${max} and ${max} inclusive`);
}

function parseInteger([text, base]: Args): Value {
  if (text.type.kind !== "string") {
    const name = typeName(text.type);
    throw new ArgumentError(0, `first argument must be a string, not ${name}`);
  }
  const radix = numberIn(base).toInt64();
  if (radix === undefined || radix < 2n || radix > 62n) {
    throw new ArgumentError(1, "base must be a whole number between 2 and 62 inclusive");
  }
  const value = digitsValue(textIn(text), radix);
  if (value !== undefined) return integerOf(value);
  throw new ArgumentError(0, `cannot parse ${quote(textIn(text))} as a base ${radix} integer`);
}

const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The most digits of a number that is read. The time grows with their square. */
const MAX_DIGITS = 10_000;

/** The value of digits. Up to base 36, case does not matter; above, upper case differs. */
function digitsValue(text: string, radix: bigint): bigint | undefined {
  const [, sign, rest] = /^([+-]?)([0-9a-zA-Z]+)$/.exec(text) ?? [];
  if (rest === undefined || rest.length > MAX_DIGITS) return undefined;
  let value = 0n;
  for (const character of radix <= 36n ? rest.toLowerCase() : rest) {
    const digit = BigInt(digits.indexOf(character));
    if (digit >= radix) return undefined;
    value = value * radix + digit;
  }
  return sign === "-" ? -value : value;
}

export const functions: Functions = {
  absolute: define("num:number", ([num]) => numberOf(numberIn(num).absolute())),
  add: operator("+"),
  subtract: operator("-"),
  multiply: operator("*"),
  divide: operator("/"),
  modulo: operator("%"),
  negate: define("num:number", ([num]) => numberOf(numberIn(num).negate())),
  ceil: toward(1),
  floor: toward(-1),
  int: define("num:number", ([num]) => {
    const number = numberIn(num);
    if (number.infinite) throw new FunctionError("can't truncate infinity to an integer");
    return number.isInteger ? num : integerOf(number.toBigInt());
  }),
  signum: define("num:number", ([num]) => integerOf(Math.sign(integerIn(num)))),
  log: define("num:number base:number", doubles((a, b) => Math.log(a) / Math.log(b))),
  pow: define("num:number power:number", doubles((a, b) => a ** b)),
  min: extreme("<"),
  max: extreme(">"),
  parseint: define("number:any base:number", parseInteger),
  equal: operator("==", "a?:any b?:any"),
  notequal: operator("!=", "a?:any b?:any"),
  and: operator("&&", "a:bool b:bool"),
  or: operator("||", "a:bool b:bool"),
  not: define("val:bool", ([val]) => boolOf(val.content !== true)),
  greaterthan: operator(">"),
  greaterthanorequalto: operator(">="),
  lessthan: operator("<"),
  lessthanorequalto: operator("<="),
};
