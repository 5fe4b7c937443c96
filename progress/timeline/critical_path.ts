/** A step with its times and inputs. */
export interface Node {
  readonly start: number;
  readonly stop: number;
  /** The nodes whose results it needs, even those that never ran. */
  readonly inputs: readonly Node[];
}

/** The difference between the clocks of daemon and client, with the daemon's rounding (ms). */
const TOLERANCE = 5;

/**
 * The chain of nodes that the end of the build waited for, from the last to end back to the first.
 *
 * Before each node comes the input that ended last. A node without inputs that ran (an export, a
 * load) has waited, too: for the node that ended last before it began. If two ended together, the
 * longer one counts.
 */
export function criticalPath<N extends Node>(nodes: readonly N[]): N[] {
  const ran = new Set<Node>(nodes);
  const path = new Set<N>();
  // The node that ended last is at the end. If two ended together, the longer one does.
  const ordered = nodes.toSorted((a, b) => a.stop - b.stop || b.start - a.start);
  let earlier = ordered.length;
  let next = ordered.at(-1);
  while (next !== undefined) {
    path.add(next);
    const node: N = next;
    const before = (one: N) => one.stop <= node.start + TOLERANCE && !path.has(one);
    const inputs = ranInputs(node, ran) as N[];
    if (inputs.length > 0) {
      // A step may begin to look for its result in the cache while an input still runs.
      next = lastOf(inputs.filter(before)) ??
        lastOf(inputs.filter((one) => one.stop <= node.stop && !path.has(one)));
      continue;
    }
    next = undefined;
    while (next === undefined && earlier > 0) {
      const one = ordered[--earlier]!;
      if (before(one)) next = one;
    }
  }
  return [...path];
}

function lastOf<N extends Node>(nodes: readonly N[]): N | undefined {
  let last: N | undefined;
  for (const node of nodes) {
    if (
      last === undefined || node.stop > last.stop ||
      (node.stop === last.stop && node.start < last.start)
    ) last = node;
  }
  return last;
}

/** The number of nodes that are visited for the inputs of one. */
const MOST = 10_000;

/** The nearest inputs that ran; a node that never ran is replaced by its own inputs. */
function ranInputs(node: Node, ran: ReadonlySet<Node>): Node[] {
  const found = new Set<Node>();
  const seen = new Set<Node>([node]);
  const open = [...node.inputs];
  for (let input = open.pop(); input !== undefined && seen.size < MOST; input = open.pop()) {
    if (seen.has(input)) continue;
    seen.add(input);
    if (ran.has(input)) found.add(input);
    else for (const further of input.inputs) open.push(further);
  }
  return [...found];
}
