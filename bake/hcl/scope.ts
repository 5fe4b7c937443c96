/** Where names have values. */
import type { Func, LazyFunc } from "./function.ts";
import { LimitError } from "./limit.ts";
import type { Value } from "./value.ts";

/** Steps of evaluation in one run; a big definition takes some ten thousand. */
const MAX_STEPS = 20_000_000;

/** What all scopes of a run share. */
export class World {
  #steps = 0;

  constructor(
    readonly functions: Map<string, Func | LazyFunc>,
    /** The user's folder, for `homedir()`. */
    readonly home: () => string,
    /** Names of all functions there are, loaded or not. */
    readonly known: readonly string[],
  ) {}

  /** Counts work done. Throws {@link LimitError} when it is too much to go on. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MAX_STEPS) throw new LimitError("the evaluation takes too many steps");
  }
}

/** Names of one level, before those of the levels around it; a symbol is a splat's element. */
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
