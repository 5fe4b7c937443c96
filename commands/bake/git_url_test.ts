import { equal } from "node:assert/strict";
import { hostOf, urlBelow } from "./git_url.ts";

Deno.test("urlBelow() names a folder of a repository", () => {
  const cases: [url: string, folder: string, want: string][] = [
    ["https://h/r.git", ".", "https://h/r.git"],
    ["https://h/r.git", "a/b", "https://h/r.git#:a/b"],
    ["https://h/r.git#v1", "a", "https://h/r.git#v1:a"],
    ["https://h/r.git#v1:sub", "a", "https://h/r.git#v1:sub/a"],
    ["https://h/r.git#v1:sub", "../a", "https://h/r.git#v1:a"],
    ["https://h/r.git?subdir=sub&tag=t", "a", "https://h/r.git?subdir=sub%2Fa&tag=t"],
    ["git@h:r.git", "a", "git@h:r.git#:a"],
  ];
  for (const [url, folder, want] of cases) equal(urlBelow(url, folder), want);
});

Deno.test("hostOf() finds the host of any URL that git knows", () => {
  const cases: [url: string, want: string | undefined][] = [
    ["https://u:p@h.example:8443/r.git", "h.example:8443"],
    ["ssh://git@h/r.git", "h"],
    ["git@h.example:a/r.git", "h.example"],
    ["github.com/a/b", "github.com"],
    ["./r", undefined],
  ];
  for (const [url, want] of cases) equal(hostOf(url), want);
});
