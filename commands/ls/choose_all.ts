import { allBuilders, type Builder, chooseBuilder } from "../../builders/builder.ts";
import { BuilderError } from "../../builders/builder_error.ts";
import type { Store } from "../../builders/store/store.ts";
import { storeOf } from "../../cli/builders/open_store.ts";
import type { Deps } from "../../cli/deps.ts";
import { warn, warnBroken } from "../../cli/warn.ts";

/** The builders that `ls` shows. */
export interface AllBuilders {
  readonly builders: readonly Builder[];
  /** The name of the builder that a command without `--builder` would take. */
  readonly current: string | undefined;
}

/** Reads all builders; warns of broken files. Throws `BuilderError` as `storeOf`. */
export async function chooseAll(deps: Deps): Promise<AllBuilders> {
  const store = storeOf(deps);
  const { groups, broken } = store.list();
  warnBroken(deps, broken);
  const current = await currentName(deps, store);
  return { builders: allBuilders(store, deps.env, groups), current };
}

async function currentName(deps: Deps, store: Store): Promise<string | undefined> {
  try {
    return (await chooseBuilder(store, deps.env, "")).name;
  } catch (error) {
    // There was a warning already if the file of the chosen builder is broken.
    if (error instanceof BuilderError && error.cause === undefined) {
      warn(deps, `${error.message}: ${error.hint}`);
    }
    return undefined;
  }
}
