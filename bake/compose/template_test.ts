import { Budget } from "../budget.ts";
import { deepEqual, equal, throws } from "node:assert/strict";
import { substitute } from "./template.ts";

const env: Record<string, string> = { A: "a", EMPTY: "" };

Deno.test("variables in texts", () => {
  const unset: string[] = [];
  const replaced = (text: string) =>
    substitute(text, {
      lookup: (name) => env[name],
      unset: (name) => unset.push(name),
      budget: new Budget(),
    });
  const cases: [text: string, want: string][] = [
    ["$A ${A} $$A $1 $ $-", "a a $A $1 $ $-"],
    ["${N:-d} ${N-d} ${EMPTY:-d} ${EMPTY-d} ${A:-d}", "d d d  a"],
    ["${N:+r} ${N+r} ${EMPTY:+r} ${EMPTY+r} ${A:+r}", "   r r"],
    ["${A:?e}${A?e}${EMPTY?e}", "aa"],
    ["${N:-x${M-y${A}}}", "xya"],
    ['${N:-{"a":1}}', '{"a":1}'],
    ["${N:--}", "-"],
  ];
  for (const [text, want] of cases) equal(replaced(text), want, text);
  deepEqual(unset, []);
  equal(replaced("<$N${M}>"), "<>");
  deepEqual(unset, ["N", "M"]);
});

Deno.test("texts that are no templates, and values that must be there", () => {
  const replaced = (text: string) =>
    substitute(text, { lookup: (name) => env[name], unset: () => {}, budget: new Budget() });
  for (const text of ["${", "${A", "${}", "${1}", "${A!}", "${N:-${}}"]) {
    throws(() => replaced(text), { name: "Error", message: /^invalid template: / }, text);
  }
  throws(() => replaced("${N:?need $A}"), {
    message: "required variable N is missing a value: need a",
  });
  throws(() => replaced("${EMPTY:?}"), { message: "required variable EMPTY is missing a value" });
});
