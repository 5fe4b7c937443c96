/**
 * Regular expressions that never take longer than the text times the pattern: all ways to match are
 * followed at once, character by character, the preferred one first.
 */
import type { Assertion } from "./node.ts";
import { parse } from "./parse.ts";
import { compile, type Instruction } from "./program.ts";

/** Starts and ends of the whole and of the groups, in code points; undefined for unused groups. */
export type Match = readonly (number | undefined)[];

export class Regexp {
  readonly #program: readonly Instruction[];
  /** Of the groups, in their order; "" for those without. */
  readonly names: readonly string[];

  /**
   * Throws `PatternError`.
   * @param step counts work done, and throws when it is too much
   */
  constructor(source: string, private readonly step: (count: number) => void) {
    const { node, names } = parse(source);
    this.names = names;
    this.#program = compile(node, source);
  }

  /** The first match at or behind a place. */
  find(text: readonly number[], from = 0): Match | undefined {
    let found: Match | undefined;
    let threads = new Threads(this.#program.length);
    let next = new Threads(this.#program.length);
    for (let at = from;; at++) {
      if (found === undefined) this.#follow(threads, 0, [], text, at);
      if (threads.list.length === 0 && found !== undefined) return found;
      this.step(1 + threads.list.length);
      const code = text[at];
      for (const { place, marks } of threads.list) {
        const instruction = this.#program[place]!;
        if (instruction.kind === "match") {
          found = marks;
          break; // those behind it are less preferred
        }
        if (instruction.kind !== "take" || code === undefined) continue;
        if (instruction.matches(code)) this.#follow(next, place + 1, marks, text, at + 1);
      }
      if (code === undefined) return found;
      [threads, next] = [next, threads];
      next.clear();
    }
  }

  /** All matches that don't overlap; an empty one right behind another does not count. */
  *findAll(text: readonly number[]): Generator<Match> {
    let end = -1;
    for (let at = 0; at <= text.length;) {
      const match = this.find(text, at);
      if (match === undefined) return;
      const [from, to] = [match[0]!, match[1]!];
      if (to > from || from !== end) yield match;
      end = to;
      at = to > from ? to : to + 1;
    }
  }

  /** Adds all places that are reached without taking a character. */
  #follow(
    threads: Threads,
    start: number,
    marks: Match,
    text: readonly number[],
    at: number,
  ): void {
    const rest: [number, Match][] = [[start, marks]];
    for (let next: [number, Match] | undefined; (next = rest.pop()) !== undefined;) {
      const [place, held] = next;
      if (!threads.enter(place)) continue;
      const instruction = this.#program[place]!;
      switch (instruction.kind) {
        case "jump":
          rest.push([instruction.to, held]);
          break;
        case "fork":
          rest.push([instruction.second, held], [instruction.first, held]);
          break;
        case "mark": {
          const changed = [...held];
          changed[instruction.slot] = at;
          rest.push([place + 1, changed]);
          break;
        }
        case "assert":
          if (holds(instruction.what, text, at)) rest.push([place + 1, held]);
          break;
        default:
          threads.list.push({ place, marks: held });
      }
    }
  }
}

/** The ways that are followed at one place of the text, in order of preference. */
class Threads {
  list: { place: number; marks: Match }[] = [];
  readonly #seen: Uint8Array;

  constructor(size: number) {
    this.#seen = new Uint8Array(size);
  }

  enter(place: number): boolean {
    if (this.#seen[place] === 1) return false;
    this.#seen[place] = 1;
    return true;
  }

  clear(): void {
    this.list = [];
    this.#seen.fill(0);
  }
}

function holds(what: Assertion, text: readonly number[], at: number): boolean {
  switch (what) {
    case "text start":
      return at === 0;
    case "text end":
      return at === text.length;
    case "line start":
      return at === 0 || text[at - 1] === 10;
    case "line end":
      return at === text.length || text[at] === 10;
    case "word edge":
      return isWord(text[at - 1]) !== isWord(text[at]);
    case "no word edge":
      return isWord(text[at - 1]) === isWord(text[at]);
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && /^\w$/.test(String.fromCodePoint(code));
}
