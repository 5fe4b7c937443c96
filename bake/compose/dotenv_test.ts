import { Budget } from "../budget.ts";
import { deepEqual, throws } from "node:assert/strict";
import { readDotenv } from "./dotenv.ts";

function read(text: string, env: Record<string, string> = {}): Record<string, string> {
  const into = new Map<string, string>();
  readDotenv(".env", text, into, (name) => env[name], {
    ...{ readText: () => undefined, home: undefined, warn: () => {} },
    budget: new Budget(),
  });
  return Object.fromEntries(into);
}

Deno.test("variables of .env files", () => {
  const cases: [text: string, want: Record<string, string>][] = [
    ["", {}],
    ["# a\n\n A = 1 # b\r\nB: y", { A: "1", B: "y" }],
    ["export A=a#b\nB='$A \\n'\nC=\"$A\\t|\"", { A: "a#b", B: "$A \\n", C: "a#b\t|" }],
    ["A=${N:-d}$H", { A: "dh" }],
    ["A='two\nlines'\nB=1", { A: "two\nlines", B: "1" }],
    ['A="\\$H $$H \\"q\\" \\0101"', { A: '$H $H "q" A' }],
    ["H\nNOPE\nA=", { H: "h", A: "" }],
    ["\uFEFFA=1", { A: "1" }],
  ];
  for (const [text, want] of cases) deepEqual(read(text, { H: "h" }), want, text);
});

Deno.test("lines of .env files that can't be read", () => {
  throws(() => read("A*B=1"), {
    message: 'failed to read .env: line 1: unexpected character "*" in variable name "A*B=1"',
  });
  throws(() => read("A=1\nB C=3"), {
    message: "failed to read .env: line 2: key cannot contain a space",
  });
  throws(() => read("A='x"), {
    message: "failed to read .env: line 1: unterminated quoted value 'x",
  });
  throws(() => read("A=${"), { message: /^failed to read .env: line 1: / });
});
