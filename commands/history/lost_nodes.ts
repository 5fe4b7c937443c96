import type { Deps } from "../../cli/deps.ts";
import type { Nodes } from "../../cli/builders/reached_nodes.ts";
import { warn } from "../../cli/warn.ts";

/** A record was found without these nodes; that is told, since one of them may have a newer one. */
export function warnOfNodes(deps: Pick<Deps, "stderr">, nodes: Nodes): void {
  for (const line of nodes.failure()?.lines ?? []) warn(deps, line);
}
