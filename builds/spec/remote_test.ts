import assert from "node:assert/strict";
import { hasQuery, isGitOverSsh, isRemote } from "./remote.ts";

/** By URL: is it over ssh, does it have a query. */
const remote: Record<string, [ssh: boolean, query: boolean]> = {
  "https://github.com/a/b.git": [false, false],
  "https://github.com/a/b.git#main:sub?x": [false, false],
  "https://github.com/a/b.git?ref=main&subdir=x": [false, true],
  "https://github.com/a/b.git?": [false, false],
  "http://host/context.tar.gz": [false, false],
  "git://host/a": [false, false],
  "ssh://git@host:22/a/b": [true, false],
  "ssh://git@host/a?tag=v1#x": [true, true],
  "git@github.com:a/b.git": [true, false],
  "git@github.com:a/b.git?ref=x#y": [true, true],
  "github.com/a/b": [false, false],
};

Deno.test("URLs that the daemon fetches itself, and what each needs", () => {
  for (const [url, [ssh, query]] of Object.entries(remote)) {
    assert.deepEqual([isRemote(url), isGitOverSsh(url), hasQuery(url)], [true, ssh, query], url);
  }
  for (
    const path of [".", "a", "../git@host:x", "./github.com/a", "C:/x", "file:///x", "a:b", "-"]
  ) {
    assert.deepEqual([isRemote(path), isGitOverSsh(path)], [false, false], path);
  }
});
