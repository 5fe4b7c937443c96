import { allBuilders, chooseBuilder, openStore } from "../../builders/builder.ts";
import { warmUp, warmUpAll } from "../../builders/warm_up.ts";
import type { Deps } from "../deps.ts";

/*
 * These functions begin to connect while a command's own code is loaded. They find builders as the
 * command does a little later, and leave errors and warnings to it. Disposing of the result closes
 * what no dial has taken.
 */

/** Begins to connect to the builder that builds. @param name as in `chosenBuilder` */
export async function dialChosen(deps: Deps, name: string): Promise<Disposable | undefined> {
  try {
    return warmUp(await chooseBuilder(openStore(deps.env), deps.env, name), deps);
  } catch {
    return undefined;
  }
}

/** Begins to connect to all nodes of a builder. */
export async function dialNodes(deps: Deps, name: string): Promise<Disposable | undefined> {
  try {
    return warmUpAll([await chooseBuilder(openStore(deps.env), deps.env, name)], deps);
  } catch {
    return undefined;
  }
}

/** Begins to connect to all nodes of all builders. */
export function dialAll(deps: Deps): Disposable | undefined {
  try {
    return warmUpAll(allBuilders(openStore(deps.env), deps.env), deps);
  } catch {
    return undefined;
  }
}
