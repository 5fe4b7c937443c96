import { deepEqual, throws } from "node:assert/strict";
import { csvFields, csvRecords } from "./csv.ts";

Deno.test("fields of a record, quoted ones with commas, quotes and lines", () => {
  deepEqual(csvFields("a,b"), ["a", "b"]);
  deepEqual(csvFields('"a,b","c""d",'), ["a,b", 'c"d', ""]);
  deepEqual([...csvRecords('a,b\r\n\r\n"1\n2",3\n')], [
    { fields: ["a", "b"], line: 1 },
    { fields: ["1\n2", "3"], line: 3 },
  ]);
  deepEqual([...csvRecords("k:v", ":")][0]!.fields, ["k", "v"]);
});

Deno.test("what is no CSV", () => {
  throws(() => csvFields(""), { message: "EOF" });
  throws(() => csvFields('a"b'), {
    message: 'parse error on line 1, column 2: bare " in non-quoted-field',
  });
  throws(() => csvFields('"ab'), /extraneous or missing " in quoted-field/);
  throws(() => [...csvRecords('a\n"b"c')], { line: 2 });
});
