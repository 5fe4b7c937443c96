/** Examines the connection to one node's daemon, step by step. */
import type { Builder } from "../../builders/builder.ts";
import type { StoredNode } from "../../builders/store/node_group.ts";
import { explained, nodeTarget } from "../../builders/reach_node.ts";
import type { Deps } from "../../cli/deps.ts";
import { addresses } from "./addresses.ts";
import { ask } from "./ask.ts";
import { connection } from "./connection.ts";
import { endpoint } from "./endpoint.ts";
import { made } from "./made.ts";
import { type Examination, failure, type Finding } from "./finding.ts";
import { transfer } from "./transfer.ts";

/** The options of an examination, besides the node. */
export interface ExamineOptions extends Pick<Examination, "timeout" | "size"> {
  readonly deps: Deps;
  readonly debug: boolean;
}

/**
 * Takes the steps one by one, up to the first that fails. Rejects with the signal's reason only.
 */
export async function* examine(
  builder: Builder,
  node: StoredNode,
  options: ExamineOptions,
): AsyncGenerator<Finding> {
  for await (const finding of steps(builder, node, options)) {
    const { error } = finding;
    yield error === undefined
      ? finding
      : { ...finding, error: explained(error, builder, node, options.deps.env) };
    if (finding.status === "failed") return;
  }
}

async function* steps(
  builder: Builder,
  node: StoredNode,
  { deps, debug, ...limits }: ExamineOptions,
): AsyncGenerator<Finding> {
  const log = (line: string) => debug ? deps.stderr.write(`${line}\n`) : undefined;
  let way: Examination;
  try {
    way = { ...nodeTarget(builder, node, deps), ...limits, deps, log };
  } catch (error) {
    yield failure("endpoint", error);
    return;
  }
  yield await endpoint(way);
  yield* made(builder, node, way);
  yield* addresses(way);
  const client = yield* connection(way);
  if (client === undefined) return;
  try {
    yield* ask(client, way);
    if (way.size > 0) yield* transfer(client, way);
  } finally {
    await client.close();
  }
}
