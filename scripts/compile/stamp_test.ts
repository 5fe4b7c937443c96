import assert from "node:assert/strict";
import { stamp } from "./stamp.ts";

Deno.test("the commit goes into version.ts, and nowhere else", () => {
  const other = 'var a={version:"",revision:""};';
  const text = `${other}var b={number:"v1.2.3",revision:""};`;
  assert.equal(stamp(text, "abc"), `${other}var b={number:"v1.2.3",revision:"abc"};`);
  assert.equal(stamp(other, "abc"), undefined);
});
