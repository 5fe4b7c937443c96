import { deepEqual } from "node:assert/strict";
import { parseChallenges } from "./challenge.ts";

Deno.test("challenges as registries send them", () => {
  deepEqual(
    parseChallenges('Bearer realm="https://a/t?x=1,2",service="r",scope="repository:a:pull,push"'),
    [{
      scheme: "bearer",
      parameters: { realm: "https://a/t?x=1,2", service: "r", scope: "repository:a:pull,push" },
    }],
  );
  deepEqual(parseChallenges('Basic realm="a \\"b\\""'), [
    { scheme: "basic", parameters: { realm: 'a "b"' } },
  ]);
  deepEqual(parseChallenges("Negotiate, BEARER Realm=x , error = invalid_token"), [
    { scheme: "negotiate", parameters: {} },
    { scheme: "bearer", parameters: { realm: "x", error: "invalid_token" } },
  ]);
  for (const nothing of ["", "realm=x", '"', ",,,", "=", "Bearer realm="]) parseChallenges(nothing);
  deepEqual(parseChallenges(""), []);
});

Deno.test("no challenge takes long to read, whatever it repeats", () => {
  const pieces = [" ", ",", "a", "a=", 'a="', "\\", '\\"', "Basic ", "a=b,", " ,a", "=", "\t"];
  for (const piece of pieces) {
    for (const start of ["", "Bearer ", 'Bearer realm="', "Bearer realm="]) {
      parseChallenges(start + piece.repeat(8000 / piece.length));
      deepEqual(parseChallenges(start + piece.repeat(100_000)), []);
    }
  }
});
