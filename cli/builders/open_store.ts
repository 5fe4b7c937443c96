import { checkContext, openStore } from "../../builders/builder.ts";
import type { Store } from "../../builders/store/store.ts";
import type { Deps } from "../deps.ts";
import { warnBroken } from "../warn.ts";

/**
 * The store of builders. It warns of broken files that the choice of a builder depends on.
 * Throws `BuilderError` if the user typed a docker context that doesn't exist, even if the chosen
 * builder needs no context.
 */
export function storeOf(deps: Pick<Deps, "env" | "stderr" | "context">): Store {
  if (deps.context !== undefined) checkContext(deps.env, deps.context);
  return openStore(deps.env, (broken) => warnBroken(deps, [broken]));
}
