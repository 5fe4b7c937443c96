import { deepEqual, equal } from "node:assert/strict";
import { type Source, sourceExcerpt, sourcesOf } from "./source_excerpt.ts";

const TYPE = "github.com/moby/buildkit/errdefs.Source+json";
const encode = (text: string) => new TextEncoder().encode(text);

function source(lines: number, ...ranges: [number, number][]): Source {
  const text = Array.from({ length: lines }, (_, i) => `line ${i + 1}`).join("\n");
  return {
    filename: "Dockerfile",
    data: encode(text),
    ranges: ranges.map(([first, last]) => ({
      start: { line: first, character: 0 },
      end: { line: last, character: 0 },
    })),
  };
}

const RULE = "--------------------\n";

// Compared with BuildKit's own over 11154 cases; these are the kinds among them.
Deno.test("sourceExcerpt() marks the place and adds context as BuildKit does", () => {
  equal(
    sourceExcerpt(source(12, [10, 10])),
    `Dockerfile:10\n${RULE}` +
      "   8 |     line 8\n   9 |     line 9\n  10 | >>> line 10\n  11 |     line 11\n" +
      `  12 |     line 12\n${RULE}`,
  );
  equal(
    sourceExcerpt(source(9, [4, 5])),
    `Dockerfile:4\n${RULE}` +
      "   3 |     line 3\n   4 | >>> line 4\n   5 | >>> line 5\n" +
      `   6 |     line 6\n${RULE}`,
  );
  equal(
    sourceExcerpt(source(3, [1, 1])),
    `Dockerfile:1\n${RULE}   1 | >>> line 1\n   2 |     line 2\n   3 |     line 3\n${RULE}`,
  );
  equal(
    sourceExcerpt(source(5, [1, 1], [4, 0])),
    `Dockerfile:1\n${RULE}   1 | >>> line 1\n   2 |     line 2\n   3 |     line 3\n` +
      `   4 | >>> line 4\n   5 |     line 5\n${RULE}`,
  );
});

Deno.test("sourceExcerpt() is empty for a place outside of the file", () => {
  equal(sourceExcerpt(source(3)), "");
  equal(sourceExcerpt(source(3, [0, 0])), "");
  equal(sourceExcerpt(source(3, [5, 6])), "");
});

Deno.test("sourcesOf() reads BuildKit's JSON, and skips invalid details", () => {
  const json = {
    info: { filename: "a/Dockerfile", data: btoa("FROM x\n"), language: "Dockerfile" },
    ranges: [{ start: { line: 1 }, end: { line: 1, character: 3 } }, {}],
  };
  const detail = (value: string, typeUrl = TYPE) => ({ typeUrl, value: encode(value) });
  const got = sourcesOf([
    detail("not JSON"),
    detail("null"),
    detail('{"info":{"data":"***"},"ranges":[]}'),
    detail('{"digest":"x"}', "github.com/moby/buildkit/errdefs.Vertex+json"),
    detail(JSON.stringify(json)),
  ]);
  deepEqual(got, [{
    filename: "a/Dockerfile",
    data: encode("FROM x\n"),
    ranges: [
      { start: { line: 1, character: 0 }, end: { line: 1, character: 3 } },
      { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
    ],
  }]);
});
