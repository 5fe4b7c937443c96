import { BuilderError } from "./builder_error.ts";
import { withoutNode } from "./store/node_group.ts";
import type { Transaction } from "./store/transaction.ts";

/** Removes a node and the records of its builds from a stored builder. Throws `BuilderError`. */
export function leaveBuilder(transaction: Transaction, name: string, node: string): void {
  if (name === "") throw new BuilderError("leave requires instance name", { hint: "add --name" });
  if (node === "") throw new BuilderError("leave requires node name", { hint: "add --node" });
  const group = transaction.find(name);
  if (group === undefined) {
    throw new BuilderError(`failed to find instance ${JSON.stringify(name)} for leave`, {
      hint: "'fairlead ls' lists the builders",
    });
  }
  const after = withoutNode(group, node);
  const left = group.nodes.find((old) => !after.nodes.includes(old))!;
  transaction.removeNodeRefs(group.name, left.name);
  transaction.save(after);
}
