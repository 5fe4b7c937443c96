import assert from "node:assert/strict";
import { merged } from "./licences.ts";

const line = "-".repeat(80);

Deno.test("each licence stands once, below the names of all its packages", () => {
  const first = `a.org/one v1\n\nDo what\n\nyou like.\n\n${line}\n\na.org/two v2\n\nDon't.\n`;
  const second =
    `a.org/one v1\n\nDo what\n\nyou like.\n\n${line}\n\nb v3\n\nDo what\n\nyou like.\n`;
  assert.equal(
    merged([first, second]),
    `a.org/one v1\nb v3\n\nDo what\n\nyou like.\n\n${line}\n\na.org/two v2\n\nDon't.\n`,
  );
});
