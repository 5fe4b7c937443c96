/** What a function is to the evaluator. */
import type { Expression } from "./expression.ts";
import type { Scope } from "./scope.ts";
import type { Type } from "./type.ts";
import type { Value } from "./value.ts";

export interface Parameter {
  readonly name: string;
  /** What an argument is converted to; `dynamic` takes anything as it is. */
  readonly type: Type;
  readonly allowNull?: boolean;
}

/** Takes its arguments' values, converted. Throws {@link FunctionError} or {@link ArgumentError}. */
export interface Func {
  readonly params: readonly Parameter[];
  /** Of any further arguments. */
  readonly rest?: Parameter;
  readonly call: (args: readonly Value[], scope: Scope) => Value;
  readonly lazy?: never;
}

/** Takes its arguments as they are written, and evaluates them itself, or doesn't. */
export interface LazyFunc {
  readonly params: readonly Parameter[];
  readonly rest?: Parameter;
  readonly lazy: (args: readonly Expression[], scope: Scope) => Value;
}

/** What a function has to say against its arguments; a part of a sentence. */
export class FunctionError extends Error {}

/** The same where it is one argument's fault. */
export class ArgumentError extends FunctionError {
  constructor(
    /** Counts from 0. */
    readonly index: number,
    message: string,
  ) {
    super(message);
  }
}
