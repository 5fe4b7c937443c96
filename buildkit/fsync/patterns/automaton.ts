/**
 * Matching in linear time. A regular expression becomes a nondeterministic automaton, run by
 * Thompson's method: all its threads at once, one character at a time. The sets of threads that
 * occur are kept as the states of a deterministic automaton, so an ordinary pattern costs one
 * look-up for each character.
 *
 * JavaScript's own engine backtracks: twelve `**` and `/` in a row keep it busy for ever, and a
 * daemon chooses the patterns.
 */

/** A set of characters. */
export interface CharSet {
  has(point: number): boolean;
  /** The code points below 128 at which membership may change. */
  readonly bounds: readonly number[];
}

/** A condition on the place between two characters: start, end, a word boundary, none. */
export type Assertion = "^" | "$" | "b" | "B";

/** The operand of a repetition. */
export type Atom =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  /** `.*` and a slash, grouped. */
  | { readonly kind: "folders" };

/** An atom, repeated. */
export interface Item {
  readonly atom: Atom;
  readonly least: number;
  /** Infinity: without end. */
  readonly most: number;
}

/** A compiled expression. */
export interface Automaton {
  /** Whether the expression matches anywhere in the text, in time linear in its length. */
  test(text: string): boolean;
}

/** Limits that the automatons of one list share. */
export interface Budget {
  /** Nodes that may still be made. */
  nodes: number;
  /** Memory taken by remembered states, in threads and transitions. */
  remembered: number;
  /** Grows when every automaton must forget its states. */
  generation: number;
}

/** A budget for a list of patterns. A megabyte of ordinary patterns stays below it. */
export function makeBudget(): Budget {
  return { nodes: 250_000, remembered: 0, generation: 0 };
}

/** The repetitions of an expression multiply to more than can be run in reasonable time. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

type Node =
  | { readonly kind: "set"; readonly set: CharSet; next: number }
  | { readonly kind: "assertion"; readonly assertion: Assertion; next: number }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "match" };

/** The limit of {@link Budget.remembered}. */
const MOST_REMEMBERED = 500_000;

const slash: CharSet = { has: (point) => point === 0x2f, bounds: [0x2f, 0x30] };
/** Go's dot: any character but a line feed. */
export const anyButLineFeed: CharSet = { has: (point) => point !== 10, bounds: [10, 11] };
const wordBounds = [0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b];

/** Compiles alternatives, each a sequence of items. Throws {@link TooLarge}. */
export function compile(
  alternatives: readonly (readonly Item[])[],
  budget: Budget = makeBudget(),
): Automaton {
  const nodes: Node[] = [];
  const starts = alternatives.map((items) => addSequence({ nodes, budget }, items));
  const bounds = nodes.flatMap((node) => node.kind === "set" ? node.set.bounds : []);
  const asksForWords = nodes.some((node) =>
    node.kind === "assertion" && (node.assertion === "b" || node.assertion === "B")
  );
  return run({
    nodes,
    starts,
    classes: classesOf(asksForWords ? [...bounds, ...wordBounds] : bounds),
    anchored: alternatives.every(isAnchored),
    asksForWords,
    budget,
  });
}

function isAnchored(items: readonly Item[]): boolean {
  const [first] = items;
  return first?.atom.kind === "assertion" && first.atom.assertion === "^" && first.least > 0;
}

/** Nodes in the making. */
interface Draft {
  readonly nodes: Node[];
  readonly budget: Budget;
}

/** Appends the nodes of a sequence, the last one first; gives the index of its start. */
function addSequence(draft: Draft, items: readonly Item[]): number {
  let next = add(draft, { kind: "match" });
  for (const item of items.toReversed()) next = addItem(draft, item, next);
  return next;
}

function add({ nodes, budget }: Draft, node: Node): number {
  if (budget.nodes-- <= 0) throw new TooLarge("repeats too much");
  return nodes.push(node) - 1;
}

function addItem(draft: Draft, { atom, least, most }: Item, after: number): number {
  let next = after;
  if (most === Infinity) {
    const loop: Node = { kind: "split", next: 0, other: next };
    next = add(draft, loop);
    loop.next = addAtom(draft, atom, next);
  } else {
    for (let i = least; i < most; i++) {
      const start = addAtom(draft, atom, next);
      next = add(draft, { kind: "split", next: start, other: after });
    }
  }
  for (let i = 0; i < least; i++) next = addAtom(draft, atom, next);
  return next;
}

function addAtom(draft: Draft, atom: Atom, next: number): number {
  if (atom.kind !== "folders") return add(draft, { ...atom, next });
  const end = add(draft, { kind: "set", set: slash, next });
  const run: Item = { atom: { kind: "set", set: anyButLineFeed }, least: 0, most: Infinity };
  return addItem(draft, run, end);
}

/** A number for each ASCII character: those with the same one are in the same sets. */
function classesOf(bounds: readonly number[]): Uint8Array {
  const classes = new Uint8Array(128);
  for (const bound of bounds) if (bound < 128) classes[bound] = 1;
  let current = 0;
  for (let i = 0; i < 128; i++) classes[i] = current += classes[i]!;
  return classes;
}

interface Program {
  readonly nodes: readonly Node[];
  readonly starts: readonly number[];
  readonly classes: Uint8Array;
  /** Every alternative begins with `^`: no match begins later. */
  readonly anchored: boolean;
  readonly asksForWords: boolean;
  readonly budget: Budget;
}

/** The character before a position: none, a character of a word, or another one. */
type Before = "start" | "word" | "other";

interface State {
  /** The nodes at which threads stand, in ascending order. */
  readonly threads: readonly number[];
  readonly before: Before;
  /** The next state by the class of an ASCII character, or by another code point. */
  readonly near: (State | undefined)[];
  readonly far: Map<number, State>;
  /** Whether a text that ends here matches; undefined until it is first computed. */
  atEnd: boolean | undefined;
}

function state(threads: readonly number[], before: Before): State {
  return { threads, before, near: [], far: new Map(), atEnd: undefined };
}

const matched = state([], "other");
const dead = state([], "other");

function run(program: Program): Automaton {
  const { nodes, starts, classes, anchored, asksForWords, budget } = program;
  let states = new Map<string, State>();
  let initial = state([], "start");
  let generation = budget.generation;
  const seen = new Uint32Array(nodes.length);
  let round = 0;

  /** All nodes that take a character and are reached from the state without one; undefined for a match. */
  function nodesAtSets(
    { threads, before }: State,
    after: number | undefined,
  ): number[] | undefined {
    const found: number[] = [];
    const open = [...threads];
    if (!anchored || before === "start") open.push(...starts);
    round++;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen[at] === round) continue;
      seen[at] = round;
      const node = nodes[at]!;
      if (node.kind === "match") return undefined;
      if (node.kind === "set") found.push(at);
      else if (node.kind === "split") open.push(node.next, node.other);
      else if (holds(node.assertion, before, after)) open.push(node.next);
    }
    return found;
  }

  function step(from: State, point: number): State {
    const found = nodesAtSets(from, point);
    if (found === undefined) return matched;
    const threads = new Set<number>();
    for (const at of found) {
      const node = nodes[at]!;
      if (node.kind === "set" && node.set.has(point)) threads.add(node.next);
    }
    if (threads.size === 0 && anchored) return dead;
    const before = asksForWords && isWord(point) ? "word" : "other";
    const sorted = Uint32Array.from(threads).sort();
    const key = `${before}${sorted}`;
    let to = states.get(key);
    if (to === undefined) {
      to = state(Array.from(sorted), before);
      states.set(key, to);
      budget.remembered += to.threads.length;
    }
    return to;
  }

  /** Computes a step and remembers it. At the memory limit, all remembered steps are dropped. */
  function learn(from: State, point: number): State {
    if (++budget.remembered > MOST_REMEMBERED) {
      budget.remembered = 0;
      budget.generation++;
    }
    if (generation !== budget.generation) {
      generation = budget.generation;
      states = new Map();
      initial = state([], "start");
    }
    const to = step(from, point);
    if (point < 128) from.near[classes[point]!] = to;
    else from.far.set(point, to);
    return to;
  }

  return {
    test(text) {
      let current = initial;
      for (let i = 0; i < text.length;) {
        let point = text.charCodeAt(i++);
        let next: State | undefined;
        if (point < 128) next = current.near[classes[point]!];
        else {
          point = text.codePointAt(i - 1)!;
          if (point > 0xffff) i++;
          next = current.far.get(point);
        }
        current = next ?? learn(current, point);
        if (current === matched) return true;
        if (current === dead) return false;
      }
      return current.atEnd ??= nodesAtSets(current, undefined) === undefined;
    },
  };
}

function holds(assertion: Assertion, before: Before, after: number | undefined): boolean {
  if (assertion === "^") return before === "start";
  if (assertion === "$") return after === undefined;
  const boundary = (before === "word") !== (after !== undefined && isWord(after));
  return boundary === (assertion === "b");
}

/** As `\w`: in Go, letters are those of ASCII. */
export function isWord(point: number): boolean {
  return point >= 0x30 && point <= 0x39 || point >= 0x41 && point <= 0x5a || point === 0x5f ||
    point >= 0x61 && point <= 0x7a;
}
