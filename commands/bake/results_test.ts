import { deepEqual } from "node:assert/strict";
import { type Done, runMetadata } from "./results.ts";

Deno.test("targets named by numbers are in the order of Go's keys", () => {
  const all = ["9", "a", "10"].map((name) =>
    ({ name, answers: { "image.name": "x" } }) as Partial<Done> as Done
  );
  const names = [...runMetadata(all, []).matchAll(/^ {2}"(.*)": \{$/gm)].map(([, name]) => name);
  deepEqual(names, ["10", "9", "a"]);
});
