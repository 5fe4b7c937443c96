import type { Builder } from "../../builders/builder.ts";
import type { Store } from "../../builders/store/store.ts";
import { type Deps, withChanges } from "../deps.ts";
import { chosenBuilder } from "./chosen_builder.ts";
import { storeOf } from "./open_store.ts";

/**
 * A choice that was made before a command's own code was loaded, so that dials begin early.
 * Disposing of it closes the connections that no dial has taken.
 */
export interface Ahead<T> extends Disposable {
  /** Gives the choice. Its warnings are written to `stderr` now, and its error is thrown now. */
  take(to: Pick<Deps, "stderr">): T;
}

/** A builder, and the store in which it was found. */
export interface Chosen {
  readonly store: Store;
  readonly builder: Builder;
}

/**
 * Chooses the builder of a command.
 * @param name as in `chosenBuilder`
 * @param warm begins to connect to it; absent where no daemon is asked
 */
export function builderAhead(
  deps: Deps,
  name: string,
  warm?: (builder: Builder, deps: Deps) => Disposable,
): Promise<Ahead<Chosen>> {
  return chosenAhead(deps, async (deps) => {
    const store = storeOf(deps);
    return { store, builder: await chosenBuilder(deps, name, store) };
  }, ({ builder }) => warm?.(builder, deps));
}

/**
 * Makes a choice whose warnings and error wait until it is taken: they come behind those of the
 * command's flags.
 * @param warm begins to connect
 */
export async function chosenAhead<T>(
  deps: Deps,
  choose: (deps: Deps) => Promise<T>,
  warm: (choice: T) => Disposable | undefined,
): Promise<Ahead<T>> {
  const held: string[] = [];
  let taker: Pick<Deps, "stderr"> | undefined;
  const write = (text: string) => taker ? taker.stderr.write(text) : void held.push(text);
  let give: () => T;
  let begun: Disposable | undefined;
  try {
    const choice = await choose(withChanges(deps, { stderr: { ...deps.stderr, write } }));
    give = () => choice;
    begun = warm(choice);
  } catch (error) {
    give = () => {
      throw error;
    };
  }
  return {
    take(to) {
      taker = to;
      held.splice(0).forEach(write);
      return give();
    },
    [Symbol.dispose]: () => begun?.[Symbol.dispose](),
  };
}
