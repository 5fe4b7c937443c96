import { deepEqual } from "node:assert/strict";
import { depthFirst } from "./depth_first.ts";

function visited(start: string, graph: Record<string, string[]>): string[] {
  const said: string[] = [];
  const left = new Set<string>();
  depthFirst(start, {
    enter: (name) => graph[name] ?? [],
    leave(name) {
      said.push(name);
      left.add(name);
    },
    cycle: (from, to) => void said.push(`${from}>${to}`),
  }, left);
  return said;
}

Deno.test("a name is left after all that it leads to, and once", () => {
  deepEqual(visited("a", { a: ["b", "c"], b: ["d"], c: ["d", "b"] }), ["d", "b", "c", "a"]);
});

Deno.test("a way back is reported, and not taken", () => {
  deepEqual(visited("a", { a: ["a", "b"], b: ["a"] }), ["a>a", "b>a", "b", "a"]);
});

Deno.test("a chain may be longer than the stack is deep", () => {
  const names = Array.from({ length: 200_000 }, (_, at) => `n${at}`);
  const graph = Object.fromEntries(names.map((name, at) => [name, names.slice(at + 1, at + 2)]));
  deepEqual(visited("n0", graph), names.toReversed());
});
