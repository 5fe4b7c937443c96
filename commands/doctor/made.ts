/** Examines what a builder's driver has made: its container or its pods. */
import type { Builder } from "../../builders/builder.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import type { StoredNode } from "../../builders/store/node_group.ts";
import { connectionContext, type Examination, type Finding, take } from "./finding.ts";

/**
 * Yields nothing where the driver makes no daemons. A failure is a warning: the dial has the
 * reason.
 */
export async function* made(
  builder: Builder,
  node: StoredNode,
  way: Examination,
): AsyncGenerator<Finding> {
  const maker = await driverOf(builder).maker?.();
  if (maker === undefined) return;
  const context = connectionContext(way);
  let what = "container";
  const found = await take("made", way, async () => {
    const { isWell, data, text, more, why, what: kind } = await maker.examine(node, context);
    what = kind;
    return { text, more, why, status: isWell ? "ok" : "warning", data: { [kind]: data } };
  });
  if (found.status !== "failed") yield { ...found, step: what };
}
