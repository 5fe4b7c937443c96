import assert from "node:assert/strict";
import { editDistance, nearest } from "./nearest.ts";

Deno.test("nearest: the word that was meant", () => {
  const known = ["unix", "tcp", "ssh", "docker-container", "kube-pod"];
  for (
    const [typed, expected] of [
      ["unx", "unix"],
      ["UNIX", "unix"],
      ["tpc", "tcp"],
      ["docker-conatiner", "docker-container"],
      ["docker", "docker-container"],
      ["kubepod", "kube-pod"],
      ["http", undefined],
      ["x", undefined],
      ["", undefined],
    ] as const
  ) assert.equal(nearest(typed, known), expected, typed);
});

Deno.test("editDistance counts swaps of neighbours as one", () => {
  assert.equal(editDistance("tpc", "tcp"), 1);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("same", "same"), 0);
  assert.equal(editDistance("kitten", "sitting"), 3);
});
