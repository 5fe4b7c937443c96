/**
 * Random expressions of the language, the same for the same seed. Parts that may not be needed are
 * simple ones: the peer knows the type of some errors, and refuses what does not go with it.
 */

const functions: readonly (readonly [name: string, ...kinds: string[]])[] = [
  ["upper", "s"],
  ["lower", "s"],
  ["title", "s"],
  ["strlen", "s"],
  ["reverse", "s"],
  ["trimspace", "s"],
  ["substr", "s", "i", "i"],
  ["replace", "s", "s", "s"],
  ["split", "s", "s"],
  ["join", "s", "l"],
  ["format", "f", "a", "a"],
  ["length", "l"],
  ["concat", "l", "l"],
  ["flatten", "l"],
  ["distinct", "l"],
  ["reverselist", "l"],
  ["contains", "l", "a"],
  ["element", "l", "i"],
  ["slice", "l", "i", "i"],
  ["sort", "l"],
  ["compact", "l"],
  ["chunklist", "l", "i"],
  ["coalesce", "a", "a"],
  ["keys", "o"],
  ["values", "o"],
  ["merge", "o", "o"],
  ["lookup", "o", "s", "a"],
  ["zipmap", "l", "l"],
  ["setunion", "l", "l"],
  ["setintersection", "l", "l"],
  ["setproduct", "l", "l"],
  ["jsonencode", "a"],
  ["max", "n", "n"],
  ["min", "n", "n"],
  ["ceil", "n"],
  ["floor", "n"],
  ["int", "n"],
  ["absolute", "n"],
  ["pow", "i", "i"],
  ["equal", "a", "a"],
  ["range", "i"],
  ["indexof", "l", "a"],
];
const texts = ["", "a", "b c", "é", "x${1}", "12", "true", "a,b", "%", "A_b-c", "  s "];
const numbers = [
  ...["0", "1", "2", "-1", "3.5", "0.1", "1e3", "10", "7", "1/3", "100000000000000000000"],
];
const formats = ["%s-%s", "%v %v", "%d%v", "%5.1f|%s", "%q%v", "%s"];
const operators = ["+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">="];

export function randomExpression(next: (limit: number) => number, depth = 3): string {
  const pick = <T>(all: readonly T[]) => all[next(all.length)]!;
  const of = (kind: string, left: number): string => {
    const leaf = left <= 0;
    switch (kind) {
      case "s":
        return leaf || next(3) > 0 ? JSON.stringify(pick(texts)) : any(left - 1);
      case "n":
        return leaf || next(3) > 0 ? pick(numbers) : any(left - 1);
      case "i":
        return String(next(5) - 1);
      case "f":
        return JSON.stringify(pick(formats));
      case "l":
        return next(8) === 0 ? any(left - 1) : list(left - 1);
      case "o":
        return next(8) === 0 ? any(left - 1) : object(left - 1);
      default:
        return any(left - 1);
    }
  };
  const list = (left: number) => `[${row(() => any(left))}]`;
  const object = (left: number) => `{${row(() => `${pick(["a", "b", "c"])} = ${any(left)}`)}}`;
  const row = (item: () => string) => Array.from({ length: next(4) }, item).join(", ");
  const any = (left: number): string => {
    if (left <= 0) return of(pick(["s", "n", "s", "n", "i"]), 0);
    switch (next(12)) {
      case 0:
      case 1:
      case 2: {
        const [name, ...kinds] = pick(functions);
        return `${name}(${kinds.map((kind) => of(kind, left - 1)).join(", ")})`;
      }
      case 3:
        return `(${any(left - 1)} ${pick(operators)} ${any(left - 1)})`;
      case 4:
        return `(${pick(numbers)} < ${pick(numbers)} ? ${of("l", 0)} : ${of("l", 0)})`;
      case 5:
        return list(left - 1);
      case 6:
        return object(left - 1);
      case 7:
        return `[for k, v in ${of("l", left - 1)} : ${pick(["k", "v", "[v]", '"${k}"'])}]`;
      case 8:
        return `${list(left - 1)}[${next(3)}]`;
      case 9:
        return `"p\${${any(left - 1)}}"`;
      case 10:
        return `${object(left - 1)}.${pick(["a", "b"])}`;
      default:
        return pick(["null", "true", "(1 < 2 && !true)", "(false || 2 == 2)", `-${pick(numbers)}`]);
    }
  };
  return any(depth);
}
