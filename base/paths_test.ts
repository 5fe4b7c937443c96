import assert from "node:assert/strict";
import { relativeTo } from "./paths.ts";

Deno.test(
  { name: "relativeTo() shortens what lies within", ignore: Deno.build.os === "windows" },
  () => {
    const cases: [string, string, string][] = [
      ["/a/b", "/a/b/c/d", "c/d"],
      ["/a/b", "/a/b", "."],
      ["/a/b", "/a", ".."],
      ["/a/b", "/a/c", "/a/c"],
      ["/a/b", "/a/bc", "/a/bc"],
      ["/", "/x", "x"],
      ["/a", "https://x/y.git", "https://x/y.git"],
      ["", "/x", "/x"],
    ];
    for (const [folder, path, expected] of cases) assert.equal(relativeTo(folder, path), expected);
  },
);
