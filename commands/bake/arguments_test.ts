import { deepEqual } from "node:assert/strict";
import { readArguments } from "./arguments.ts";

Deno.test("readArguments() distinguishes URLs and targets", () => {
  const git = "https://h/r.git";
  const cases: [args: string[], want: [string | undefined, string, string[]]][] = [
    [[], [undefined, "cwd://", ["default"]]],
    [["a", "b"], [undefined, "cwd://", ["a", "b"]]],
    [[git], [git, "cwd://", ["default"]]],
    [[git, "a"], [git, "cwd://", ["a"]]],
    [[git, "git@h:r", "a"], [git, "git@h:r", ["a"]]],
    [[git, git], [git, git, ["default"]]],
    [["a", git], [undefined, "cwd://", ["a", git]]],
  ];
  for (const [args, [url, context, targets]] of cases) {
    deepEqual(readArguments(args), { url, context, targets });
  }
});
