import { deepEqual, equal, throws } from "node:assert/strict";
import { parseReference, referenceText, withDefaultTag } from "./reference.ts";

const hex = "0123456789abcdef".repeat(4);

Deno.test("names are completed as docker completes them", () => {
  const names: [string, string][] = [
    ["alpine", "docker.io/library/alpine:latest"],
    ["alpine:3", "docker.io/library/alpine:3"],
    ["me/app", "docker.io/me/app:latest"],
    ["docker.io/alpine", "docker.io/library/alpine:latest"],
    ["index.docker.io/me/app:1", "docker.io/me/app:1"],
    ["localhost/a", "localhost/a:latest"],
    ["localhost", "docker.io/library/localhost:latest"],
    ["localhost:5000", "docker.io/library/localhost:5000"],
    ["localhost:5000/a/b", "localhost:5000/a/b:latest"],
    ["r.io/a:x", "r.io/a:x"],
    ["EXAMPLE/a", "EXAMPLE/a:latest"],
    ["[::1]:5000/a", "[::1]:5000/a:latest"],
    [`a@sha256:${hex}`, `docker.io/library/a@sha256:${hex}`],
    [`r.io/a:1@sha256:${hex}`, `r.io/a:1@sha256:${hex}`],
  ];
  for (const [text, whole] of names) {
    equal(referenceText(withDefaultTag(parseReference(text))), whole);
    equal(referenceText(withDefaultTag(parseReference(whole))), whole, "and that is complete");
  }
  deepEqual(parseReference("127.0.0.1:5000/a/b:c"), {
    domain: "127.0.0.1:5000",
    path: "a/b",
    tag: "c",
    digest: "",
  });
});

// The messages of buildx 0.36.
Deno.test("what is no name, in docker's words", () => {
  const bad: [string, string][] = [
    ["", "invalid reference format"],
    [
      "UPPER",
      "invalid reference format: repository name (library/UPPER) must be lowercase",
    ],
    ["foo/Bar", "invalid reference format: repository name (foo/Bar) must be lowercase"],
    ["a//b", "invalid reference format"],
    ["a:b:c", "invalid reference format"],
    ["ftp://x/y", "invalid reference format"],
    ["a_-b", "invalid reference format"],
    ["x:", "invalid reference format"],
    [`x@sha256:${hex}x`, "invalid reference format"],
    [`x@sha257:${hex}`, "unsupported digest algorithm"],
    [`x@sha256:${hex.toUpperCase()}`, "invalid checksum digest format"],
    [hex, `invalid repository name (${hex}), cannot specify 64-byte hexadecimal strings`],
    ["x".repeat(256), "repository name must not be more than 255 characters"],
  ];
  for (const [text, message] of bad) {
    throws(() => parseReference(text), { name: "InvalidReference", message });
  }
});
