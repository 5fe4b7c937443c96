/** The interfaces of functions, which the evaluator calls. */
import type { Expression } from "./expression.ts";
import type { Scope } from "./scope.ts";
import type { Type } from "./values/type.ts";
import type { Value } from "./values/value.ts";

export interface Parameter {
  readonly name: string;
  /** The type that an argument is converted to. `dynamic` takes any argument unchanged. */
  readonly type: Type;
  readonly allowNull?: boolean;
}

/** A function of converted values. It throws {@link FunctionError} or {@link ArgumentError}. */
export interface Func {
  readonly params: readonly Parameter[];
  /** The parameter of all further arguments. */
  readonly rest?: Parameter;
  readonly call: (args: readonly Value[], scope: Scope) => Value;
  readonly lazy?: never;
}

/** A function of expressions, which it evaluates itself if it needs them. */
export interface LazyFunc {
  readonly params: readonly Parameter[];
  readonly rest?: Parameter;
  readonly lazy: (args: readonly Expression[], scope: Scope) => Value;
}

/** A function or an operator has no result. The message is a part of a sentence. */
export class FunctionError extends Error {}

/** One argument is the reason. */
export class ArgumentError extends FunctionError {
  constructor(
    /** The index of the argument, from 0. */
    readonly index: number,
    message: string,
  ) {
    super(message);
  }
}
