import { deepStrictEqual } from "node:assert";
import { criticalPath } from "./critical_path.ts";

interface Named {
  readonly name: string;
  readonly start: number;
  readonly stop: number;
  readonly inputs: Named[];
}

function node(name: string, start: number, stop: number, ...inputs: Named[]): Named {
  return { name, start, stop, inputs };
}

function names(nodes: Named[]): string[] {
  return criticalPath(nodes).map(({ name }) => name);
}

Deno.test("criticalPath() of nothing is empty", () => deepStrictEqual(names([]), []));

Deno.test("criticalPath() goes from the last to end to the input that ended last", () => {
  const fast = node("fast", 0, 10);
  const slow = node("slow", 0, 50);
  const join = node("join", 50, 60, fast, slow);
  deepStrictEqual(names([fast, slow, join]), ["join", "slow"]);
});

Deno.test("criticalPath() passes inputs that never ran, and follows theirs", () => {
  const first = node("first", 0, 50);
  const other = node("other", 0, 55);
  const merged = node("merged", 0, 0, first);
  const last = node("last", 50, 70, merged);
  deepStrictEqual(names([first, other, last]), ["last", "first"]);
});

Deno.test("before a step without inputs, criticalPath() takes the step that ended last", () => {
  const run = node("run", 0, 40);
  const beside = node("beside", 0, 90);
  const exporting = node("export", 91, 100);
  deepStrictEqual(names([run, beside, exporting]), ["export", "beside"]);
});

Deno.test("criticalPath() ends, even if inputs form a circle", () => {
  const a = node("a", 0, 0);
  const b = node("b", 0, 0, a);
  a.inputs.push(b, a);
  deepStrictEqual(names([a, b]).sort(), ["a", "b"]);
});

Deno.test("criticalPath() of 5,000 nodes ends", () => {
  const nodes: Named[] = [];
  for (let i = 0; i < 5000; i++) nodes.push(node(`${i}`, i, i + 1, ...nodes.slice(-1)));
  deepStrictEqual(names(nodes).length, 5000);
});
