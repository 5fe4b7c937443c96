import assert from "node:assert/strict";
import { csvFields, csvLine, csvRecords } from "./csv.ts";

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
  ["a\nb,c", ["a\nb", "c"]],
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

Deno.test("csvFields() takes another separator", () => {
  assert.deepEqual(csvFields('k:"a:b"', ":"), ["k", "a:b"]);
});

Deno.test("csvRecords() reads lines, some of which belong to a field", () => {
  assert.deepEqual([...csvRecords('a,b\r\n\r\n"1\n2",3\n')], [
    { fields: ["a", "b"], line: 1 },
    { fields: ["1\n2", "3"], line: 3 },
  ]);
  assert.deepEqual([...csvRecords('x,\n\n"",""""')].map(({ fields }) => fields), [["x", ""], [
    "",
    '"',
  ]]);
  assert.deepEqual([...csvRecords("\n\r\n")], []);
});

const badRecords: [text: string, line: number, column: number, problem: string][] = [
  ['a\n"b"c', 2, 3, 'extraneous or missing " in quoted-field'],
  ['a\nb"c', 2, 2, 'bare " in non-quoted-field'],
  ['"a\nb', 2, 2, 'extraneous or missing " in quoted-field'],
  ['"a\n', 1, 4, 'extraneous or missing " in quoted-field'],
  ['"a\n\né"b', 3, 3, 'extraneous or missing " in quoted-field'],
];
for (const [text, line, column, problem] of badRecords) {
  Deno.test(`csvRecords() refuses ${JSON.stringify(text)}`, () => {
    const message = `parse error on line ${line}, column ${column}: ${problem}`;
    assert.throws(() => [...csvRecords(text)], { line, problem, message });
  });
}

Deno.test("csvLine() quotes what needs it", () => {
  const fields = ["a", "b c", "d,e", 'f"g', " h", "i\nj", "", "\\."];
  assert.equal(csvLine(fields), 'a,b c,"d,e","f""g"," h","i\nj",,"\\."');
  assert.deepEqual(csvFields(csvLine(fields)), fields);
});
