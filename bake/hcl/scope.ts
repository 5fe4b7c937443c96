/** The names that an expression may use, and their values. */
import { Budget } from "../budget.ts";
import type { Func, LazyFunc } from "./function.ts";
import type { Value } from "./values/value.ts";

/** The parts of an evaluation that all its scopes share. */
export class World {
  readonly budget = new Budget();

  constructor(
    readonly functions: Map<string, Func | LazyFunc>,
    /** The user's home directory, for `homedir()`. */
    readonly home: () => string,
    /** Names of all functions of the library, loaded or not. */
    readonly known: readonly string[],
  ) {}
}

/** Names of one level, which hide those of outer levels. A symbol names a splat's element. */
export class Scope {
  constructor(
    readonly world: World,
    readonly names: Map<string | symbol, Value>,
    readonly parent?: Scope,
  ) {}

  child(names: Map<string | symbol, Value>): Scope {
    return new Scope(this.world, names, this);
  }

  find(name: string | symbol): Value | undefined {
    return this.names.get(name) ?? this.parent?.find(name);
  }

  /** All names, the nearest first. */
  *allNames(): Generator<string> {
    for (const name of this.names.keys()) if (typeof name === "string") yield name;
    if (this.parent !== undefined) yield* this.parent.allNames();
  }
}
