/** A pattern as instructions for `regexp.ts`. */
import { type Assertion, type Node, PatternError } from "./node.ts";

export type Instruction =
  | { readonly kind: "take"; readonly matches: (code: number) => boolean }
  | { readonly kind: "assert"; readonly what: Assertion }
  /** Go on at both places; the first is preferred. */
  | { readonly kind: "fork"; first: number; second: number }
  | { readonly kind: "jump"; to: number }
  | { readonly kind: "mark"; readonly slot: number }
  | { readonly kind: "match" };

const MAX_LENGTH = 20_000;

/** Throws {@link PatternError} where repetitions make it too long. */
export function compile(node: Node, source: string): Instruction[] {
  const program: Instruction[] = [];
  const add = <T extends Instruction>(instruction: T): T => {
    if (program.length >= MAX_LENGTH) throw new PatternError("expression too large", source);
    program.push(instruction);
    return instruction;
  };
  const write = (of: Node): void => {
    switch (of.kind) {
      case "empty":
        return;
      case "class":
        add({ kind: "take", matches: of.matches });
        return;
      case "assert":
        add({ kind: "assert", what: of.what });
        return;
      case "all":
        return of.parts.forEach(write);
      case "any":
        return choice(of.parts);
      case "group":
        add({ kind: "mark", slot: 2 * of.index });
        write(of.of);
        add({ kind: "mark", slot: 2 * of.index + 1 });
        return;
      case "repeat":
        return repeat(of);
    }
  };
  const choice = (parts: readonly Node[]): void => {
    const jumps = parts.slice(0, -1).map((part) => {
      const fork = add({ kind: "fork" as const, first: program.length + 1, second: 0 });
      write(part);
      const jump = add({ kind: "jump" as const, to: 0 });
      fork.second = program.length;
      return jump;
    });
    write(parts.at(-1)!);
    for (const jump of jumps) jump.to = program.length;
  };
  const optional = (greedy: boolean, body: () => void): void => {
    const fork = add({ kind: "fork" as const, first: 0, second: 0 });
    const inside = program.length;
    body();
    [fork.first, fork.second] = greedy ? [inside, program.length] : [program.length, inside];
  };
  const repeat = ({ of, least, most, greedy }: Extract<Node, { kind: "repeat" }>): void => {
    for (let i = 0; i < least; i++) write(of);
    if (most === Infinity) {
      const start = program.length;
      optional(greedy, () => {
        write(of);
        add({ kind: "jump", to: start });
      });
      return;
    }
    const forks: number[] = [];
    for (let i = least; i < most; i++) {
      forks.push(program.length);
      add({ kind: "fork", first: 0, second: 0 });
      write(of);
    }
    for (const at of forks) {
      const fork = program[at] as Extract<Instruction, { kind: "fork" }>;
      [fork.first, fork.second] = greedy ? [at + 1, program.length] : [program.length, at + 1];
    }
  };
  add({ kind: "mark", slot: 0 });
  write(node);
  add({ kind: "mark", slot: 1 });
  add({ kind: "match" });
  return program;
}
