/** Distributes platforms over the nodes of a builder. */
import { errorText } from "../base/error_text.ts";
import { BuilderError } from "./builder_error.ts";
import type { Builder } from "./builder.ts";
import { firstNode } from "./choose_node.ts";
import type { StoredNode } from "./store/node_group.ts";
import { formatPlatform, normalizePlatform, type Platform } from "./platforms.ts";
import { runnable } from "./runnable.ts";

/** The platforms that one node builds. */
export interface Share {
  /** The node's index in the builder. */
  readonly index: number;
  readonly node: StoredNode;
  /** Empty when the user named none: the node builds its own. */
  readonly platforms: readonly Platform[];
  /** Why this node builds each platform. */
  readonly reasons: readonly Reason[];
}

/**
 * `fixed`: the platform was fixed on the node. `listed`: the node's workers list it. `related`: the
 * node runs it, though no worker lists it. `first`: no node claims it, and this one is the first.
 * `only`: there is no other node.
 */
export type Reason = "fixed" | "listed" | "related" | "first" | "only";

/** Asks for the platforms that a node's workers list. Rejects when the node can't be asked. */
export type Listed = (index: number) => Promise<readonly Platform[]>;

/**
 * Assigns each platform to a node, by the first of these rules that finds one:
 *
 * 1. the first node for which the platform was fixed
 * 2. the first node whose workers list it
 * 3. the first node that runs it nevertheless (`linux/386` on `linux/amd64`)
 * 4. the first node of all, which may cross-build
 *
 * Workers are asked only if their answer decides. A node that can't be asked, but might have been
 * chosen, is an error, so that no other machine replaces it unnoticed. Without platforms, the first
 * node builds its own.
 *
 * Throws `BuilderError`, which names node and platform.
 *
 * @returns the shares in the order in which their first platforms were asked for
 */
export async function placePlatforms(
  builder: Builder,
  wanted: readonly Platform[],
  listed: Listed,
): Promise<Share[]> {
  const { nodes } = builder;
  const first = firstNode(builder);
  if (nodes.length === 1 || wanted.length === 0) {
    const reasons = wanted.map((): Reason => "only");
    return [{ index: 0, node: first, platforms: wanted, reasons }];
  }
  const placed = new Map<number, { readonly platforms: Platform[]; readonly reasons: Reason[] }>();
  const put = ({ index, reason }: ChosenNode, platform: Platform) => {
    const share = placed.get(index) ?? { platforms: [], reasons: [] };
    share.platforms.push(platform);
    share.reasons.push(reason);
    placed.set(index, share);
  };
  let asked: Promise<readonly Answer[]> | undefined;
  for (const platform of wanted) {
    const fixed = nodes.findIndex(({ platforms }) => rank(platform, platforms ?? []) === 0);
    if (fixed >= 0) put({ index: fixed, reason: "fixed" }, platform);
    else put(best(builder, await (asked ??= askAll(builder, listed)), platform), platform);
  }
  return [...placed].map(([index, share]) => ({ index, node: nodes[index]!, ...share }));
}

interface ChosenNode {
  readonly index: number;
  readonly reason: Reason;
}

/** The platforms that a node runs, or the error of asking it. */
type Answer = { readonly platforms: readonly Platform[] } | { readonly error: unknown };

async function askAll({ nodes }: Builder, listed: Listed): Promise<readonly Answer[]> {
  return await Promise.all(nodes.map(async (node, index) => {
    try {
      return { platforms: [...node.platforms ?? [], ...await listed(index)] };
    } catch (error) {
      return { error };
    }
  }));
}

function best({ nodes }: Builder, answers: readonly Answer[], platform: Platform): ChosenNode {
  let found = { index: 0, rank: Infinity };
  for (const [index, answer] of answers.entries()) {
    // No later node can be a better choice.
    if (found.rank === 0) break;
    if ("error" in answer) throw unasked(nodes[index]!, platform, answer.error);
    const at = rank(platform, answer.platforms);
    if (at < found.rank) found = { index, rank: at };
  }
  const { index, rank: at } = found;
  return { index, reason: at === 0 ? "listed" : at < Infinity ? "related" : "first" };
}

/** Rates how well a node runs a platform: 0 means exactly, Infinity not at all. */
function rank(platform: Platform, offered: readonly Platform[]): number {
  const key = formatPlatform(normalizePlatform(platform));
  const ranks = offered.map((other) => runnable(normalizePlatform(other)).indexOf(key));
  return Math.min(Infinity, ...ranks.filter((at) => at >= 0));
}

function unasked(node: StoredNode, platform: Platform, cause: unknown): BuilderError {
  const message = errorText(cause);
  return new BuilderError(
    `node ${node.name} can't be asked whether it builds ${formatPlatform(platform)}: ${message}`,
    { cause },
  );
}
