import assert from "node:assert/strict";
import { alignColumns } from "./tabwriter.ts";

Deno.test("alignColumns() makes columns of what tabs end, as Go's tabwriter", () => {
  const text = ["Name:\tx", "Endpoint:\ty", "Labels:", "\tkey:\tv", "\tlonger:\tw", "", "A:\tb"];
  assert.equal(
    alignColumns(text.join("\n") + "\n", { padding: 1, minimum: 0 }),
    "Name:     x\nEndpoint: y\nLabels:\n key:    v\n longer: w\n\nA: b\n",
  );
});

Deno.test("alignColumns() keeps columns at their least width and leaves the last text alone", () => {
  const options = { padding: 3, minimum: 10 };
  assert.equal(
    alignColumns("A\tB\tC\na\t\tc\n", options),
    "A         B         C\na                   c\n",
  );
  assert.equal(
    alignColumns("twelve chars\tx\ny\tz", options),
    "twelve chars   x\ny              z",
  );
});
