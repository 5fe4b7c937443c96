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
  let next = lastOf(nodes);
  while (next !== undefined) {
    path.add(next);
    const node: N = next;
    const inputs = ranInputs(node, ran) as N[];
    const before = (one: N) => one !== node && one.stop <= node.start + TOLERANCE;
    next = lastOf(
      (inputs.length > 0 ? inputs : nodes).filter((one) => before(one) && !path.has(one)),
    );
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

/** The nearest inputs that ran: those that didn't stand for their own inputs. */
function ranInputs(node: Node, ran: ReadonlySet<Node>): Node[] {
  const found = new Set<Node>();
  const seen = new Set<Node>([node]);
  const open = [...node.inputs];
  for (let input = open.pop(); input !== undefined; input = open.pop()) {
    if (seen.has(input)) continue;
    seen.add(input);
    if (ran.has(input)) found.add(input);
    else open.push(...input.inputs);
  }
  return [...found];
}
