import assert from "node:assert/strict";
import { goJson, goJsonValue } from "./json.ts";

Deno.test("goJson() escapes and sorts as Go does, and keeps every digit", () => {
  assert.equal(
    goJson({ a: "<&>\u2028", n: 9007199254740993n }),
    '{"a":"\\u003c\\u0026\\u003e\\u2028","n":9007199254740993}',
  );
  assert.equal(
    goJson(new Map([["b", '"\u00001":'], ["9", ""], ["10", ""], ["-1", ""]])),
    '{"-1":"","10":"","9":"","b":"\\"\\u00001\\":"}',
  );
  assert.equal(goJson({ a: [] }, 2), '{\n  "a": []\n}');
});

Deno.test("goJsonValue() survives JSON.stringify", () => {
  assert.equal(
    JSON.stringify(goJsonValue({ a: ["x>y", 1, null], b: "plain" })),
    '{"a":["x\\u003ey",1,null],"b":"plain"}',
  );
});
