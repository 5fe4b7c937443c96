import { mergeFields } from "../attributes/table.ts";
import type { Target } from "../target.ts";

/** Merges the second target over the first. Both stay unchanged. */
export function merge(below: Target, above: Target): Target {
  const merged = mergeFields(below, above);
  if (above.base) mergeBase(merged, below, above);
  return merged;
}

/** The base folder of a context is taken together with the context. */
function mergeBase(merged: Target, below: Target, above: Target): void {
  const base = above.base!;
  const contexts = new Map(below.base?.contexts);
  for (const name of above.contexts?.keys() ?? []) {
    const folder = base.contexts.get(name);
    if (folder === undefined) contexts.delete(name);
    else contexts.set(name, folder);
  }
  const { context, contextOf } = above.context === undefined ? below.base ?? {} : base;
  merged.base = { contexts };
  const own = base.own ?? below.base?.own;
  if (own !== undefined) merged.base.own = own;
  if (context !== undefined) merged.base.context = context;
  if (contextOf !== undefined) merged.base.contextOf = contextOf;
}
