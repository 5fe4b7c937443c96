import { checkContext, openStore } from "../../builders/builder.ts";
import type { Store } from "../../builders/store/store.ts";
import type { Deps } from "../deps.ts";
import { warnBroken } from "../warn.ts";

/**
 * The store of builders; of a broken file that a choice depends on the user is told.
 * Throws `BuilderError` for a docker context that was typed and isn't there: even where a builder is
 * chosen that needs none, that was not what was meant.
 */
export function storeOf(deps: Pick<Deps, "env" | "stderr" | "context">): Store {
  if (deps.context !== undefined) checkContext(deps.env, deps.context);
  return openStore(deps.env, (broken) => warnBroken(deps, [broken]));
}
