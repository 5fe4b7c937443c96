import assert from "node:assert/strict";
import { csvFields } from "./csv.ts";

const good: [string, string[]][] = [
  ["a", ["a"]],
  ["a,b", ["a", "b"]],
  [",", ["", ""]],
  ["a,", ["a", ""]],
  ['"a=b,c",d=e', ["a=b,c", "d=e"]],
  ['"a""b"', ['a"b']],
  ['""', [""]],
  ['"",x', ["", "x"]],
  [" a , b", [" a ", " b"]],
  ["a\n", ["a"]],
  ["a\r\n", ["a"]],
  ['"a\nb"', ["a\nb"]],
];
for (const [line, fields] of good) {
  Deno.test(`csvFields() splits ${JSON.stringify(line)}`, () => {
    assert.deepEqual(csvFields(line), fields);
  });
}

const bad: [string, string][] = [
  ["", "EOF"],
  ["\r\n", "EOF"],
  ['a"b', 'parse error on line 1, column 2: bare " in non-quoted-field'],
  ['x, "b"', 'parse error on line 1, column 4: bare " in non-quoted-field'],
  ['"a', 'parse error on line 1, column 2: extraneous or missing " in quoted-field'],
  ['"a"b', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
  ['é,"', 'parse error on line 1, column 5: extraneous or missing " in quoted-field'],
];
for (const [line, message] of bad) {
  Deno.test(`csvFields() refuses ${JSON.stringify(line)}`, () => {
    assert.throws(() => csvFields(line), { name: "UsageError", message });
  });
}
