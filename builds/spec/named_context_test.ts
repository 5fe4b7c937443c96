import assert from "node:assert/strict";
import { UsageError } from "../../base/usage_error.ts";
import { parseNamedContexts } from "./named_context.ts";

Deno.test("parseNamedContexts() writes names as images are written when they are short", () => {
  const names: Record<string, string> = {
    alpine: "alpine",
    "alpine:latest": "alpine",
    "docker.io/library/alpine:latest": "alpine",
    "index.docker.io/library/alpine": "alpine",
    "library/alpine:3": "alpine:3",
    "docker.io/me/tool": "me/tool",
    "me/tool:latest": "me/tool",
    "ghcr.io/a/b:latest": "ghcr.io/a/b",
    "localhost:5000/a": "localhost:5000/a",
    "localhost/library/a": "localhost/library/a",
  };
  for (const [typed, name] of Object.entries(names)) {
    assert.deepEqual(parseNamedContexts([`${typed}=.=x`]), new Map([[name, ".=x"]]), typed);
  }
});

Deno.test("parseNamedContexts() keeps the last of a name, and refuses what is none", () => {
  assert.deepEqual(
    parseNamedContexts(["a=1", "b=2", "a:latest=3"]),
    new Map([["a", "3"], ["b", "2"]]),
  );
  for (const text of ["a", "=x", "A=x", "a b=x", "a/../b=x"]) {
    assert.throws(() => parseNamedContexts([text]), UsageError, text);
  }
});
