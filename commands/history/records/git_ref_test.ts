import assert from "node:assert/strict";
import { parseGitRef, shortGitRef } from "./git_ref.ts";

const good: [string, string, string][] = [
  ["https://example.com/foo.git", "https://example.com/foo.git", ""],
  ["https://example.com/foo.git#main", "https://example.com/foo.git", "main"],
  ["https://example.com/foo.git#v1:sub/dir", "https://example.com/foo.git", "v1"],
  ["https://example.com/foo.git?branch=x&subdir=y", "https://example.com/foo.git", "refs/heads/x"],
  ["https://example.com/foo.git?tag=refs/tags/v1", "https://example.com/foo.git", "refs/tags/v1"],
  ["git://example.com/foo", "git://example.com/foo", ""],
  ["ssh://git@example.com:22/foo", "ssh://git@example.com:22/foo", ""],
  ["git@github.com:moby/buildkit.git#v1", "git@github.com:moby/buildkit.git", "v1"],
  ["github.com/moby/buildkit", "github.com/moby/buildkit", ""],
];

for (const [text, remote, ref] of good) {
  Deno.test(`parseGitRef() of ${text}`, () => {
    assert.deepEqual(parseGitRef(text), { remote, ref });
    assert.equal(shortGitRef(text), ref === "" ? remote : `${remote}#${ref}`);
  });
}

for (
  const text of ["", ".", "./a.git", "https://example.com/foo", "https://e.com/foo.git/", "/x"]
) {
  Deno.test(`parseGitRef() of ${JSON.stringify(text)} is none`, () => {
    assert.equal(parseGitRef(text), undefined);
    assert.equal(shortGitRef(text), text);
  });
}
