import { openStore } from "../../builders/builder.ts";
import type { Store } from "../../builders/store/store.ts";
import type { Deps } from "../program/deps.ts";
import { warnBroken } from "../program/warn.ts";

/** The store of builders; of a broken file that a choice depends on the user is told. */
export function storeOf(deps: Pick<Deps, "env" | "stderr">): Store {
  return openStore(deps.env, (broken) => warnBroken(deps, [broken]));
}
