/** Cycles of imports that exist at run time: `import type` makes none. */

/** Parsers and evaluators that call each other because their grammar is recursive. */
const RECURSIVE = [
  ["bake/hcl/call.ts", "bake/hcl/evaluate.ts"],
  ["bake/hcl/syntax/call_parser.ts", "bake/hcl/syntax/expression_parser.ts"],
  ["bake/hcl/values/convert.ts", "bake/hcl/values/unify.ts"],
];

const IMPORT = /^(?:import|export)\s+(?!type\b)([^;"]*?)from\s+"(\.[^"]+)"/gm;

/** A line for each cycle among `files` that is no plain recursion. */
export function cycleBreaches(root: string, files: readonly string[]): string[] {
  const imports = new Map(files.map((file) => [file, importsOf(root, file)]));
  return knots(imports)
    .filter((knot) => !RECURSIVE.some((known) => known.every((file) => knot.includes(file))))
    .map((knot) => `${knot[0]}:1: import each other at run time: ${knot.join(", ")}`);
}

function importsOf(root: string, file: string): string[] {
  const text = Deno.readTextFileSync(`${root}/${file}`);
  return Array.from(text.matchAll(IMPORT)).filter(([, names]) => hasValues(names!))
    .map(([, , target]) => new URL(target!, `file:///${file}`).pathname.slice(1));
}

/** Whether `{ type A, b }` names anything that exists at run time. */
function hasValues(names: string): boolean {
  const list = /\{([^}]*)\}/.exec(names)?.[1];
  if (list === undefined) return true;
  return list.split(",").some((name) => name.trim() !== "" && !name.trim().startsWith("type "));
}

/** Groups of files that reach each other, each sorted (Tarjan's algorithm). */
function knots(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>(), lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      const reach = order.has(next)
        ? open.includes(next) ? order.get(next)! : Infinity
        : visit(next);
      lowest.set(file, Math.min(lowest.get(file)!, reach));
    }
    if (lowest.get(file) === order.get(file)) {
      const knot = open.splice(open.indexOf(file));
      if (knot.length > 1) found.push(knot.sort());
    }
    return lowest.get(file)!;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}
