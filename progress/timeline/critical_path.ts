/** What the length of a build depends on. */
export interface Node {
  readonly start: number;
  readonly stop: number;
  /** Those whose results it takes; also such as never ran. */
  readonly inputs: readonly Node[];
}

/** Clocks of daemon and client, and the daemon's own rounding, are apart by this much (ms). */
const TOLERANCE = 5;

/**
 * The chain of nodes that the end of the build waited for, from the last to end back to the first.
 *
 * Before each node comes the input that ended last. One without inputs that ran (an export, a load)
 * waited all the same: for what ended last before it began. Where two ended together the one that
 * took longer is named.
 */
export function criticalPath<N extends Node>(nodes: readonly N[]): N[] {
  const ran = new Set<Node>(nodes);
  const path = new Set<N>();
  // The last to end stands last; where two ended together, the longer one.
  const ordered = nodes.toSorted((a, b) => a.stop - b.stop || b.start - a.start);
  let earlier = ordered.length;
  let next = ordered.at(-1);
  while (next !== undefined) {
    path.add(next);
    const node: N = next;
    const before = (one: N) => one.stop <= node.start + TOLERANCE && !path.has(one);
    const inputs = ranInputs(node, ran) as N[];
    if (inputs.length > 0) {
      next = lastOf(inputs.filter(before));
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

/** How many nodes are looked at for the inputs of one. */
const MOST = 10_000;

/** The nearest inputs that ran; a node that never ran stands for its own inputs. */
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
