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

Deno.test("alignColumns() pads with tabs up to the next stop", () => {
  const options = { padding: 1, minimum: 1, tabs: 8 };
  assert.equal(
    alignColumns("ID:\tx\nDescription:\ty\n\nTotal:\tz\n", options),
    "ID:\t\tx\nDescription:\ty\n\nTotal:\tz\n",
  );
  assert.equal(alignColumns("seven77\tx\neight888\ty\n", options), "seven77\t\tx\neight888\ty\n");
});
