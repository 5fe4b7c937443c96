import assert from "node:assert/strict";
import { buildkitInside } from "./buildkit.ts";

const engines: readonly (readonly [string, string])[] = [
  ["17.12.0", ""],
  ["18.09.1", "v0.3.3"],
  ["18.09.9", "v0.4.0+05766c5"],
  ["20.10.2", "v0.8.1"],
  ["20.10.12", "v0.8.2+bc07b2b8"],
  ["20.10.24+dfsg1", "v0.8+unknown"],
  ["23.0.3", "v0.10.6+70f2ad5"],
  ["23.0.9", "v0.10+unknown"],
  ["24.0.1-moby", "24.0.1"],
  ["library-import", ""],
];
for (const [engine, buildkit] of engines) {
  Deno.test(`BuildKit inside Docker ${engine}`, () => {
    assert.equal(buildkitInside(engine), buildkit);
  });
}
