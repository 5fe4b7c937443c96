import assert from "node:assert/strict";
import { checkFigure } from "./figures.ts";

Deno.test("a figure of the page is right, too far off, or missing", () => {
  const page = "the smallest form: `.xz` (41 MB), or\nuncompressed (110 MB).";
  checkFigure(page, "file", 111_900_000);
  checkFigure(page, "xz", 40_660_000);
  assert.throws(
    () => checkFigure(page, "xz", 52_000_000),
    /docs\/install\.md says "`\.xz` \(41 MB\)", and it is 52\.0 MB/,
  );
  assert.throws(() => checkFigure(page, "gz", 52_000_000), /has no figure for/);
});
