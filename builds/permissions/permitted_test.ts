import { deepEqual } from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { missingOf } from "./permitted.ts";
import { noPrivileges, parseGrants } from "./privileges.ts";

/** The paths that are missing, from a folder with `in`, `out` and links between them. */
function missing(paths: string[], allow: string[] = []): string[] {
  using folder = tempFolder();
  const root = folder.path;
  for (const name of ["in", "out/deep"]) Deno.mkdirSync(`${root}/${name}`, { recursive: true });
  Deno.symlinkSync("../out", `${root}/in/link`);
  Deno.symlinkSync("../out/not-yet", `${root}/in/dangling`);
  Deno.symlinkSync("loop", `${root}/in/loop`);
  const needs = noPrivileges();
  for (const path of paths) needs.write.add(path);
  const found = missingOf(needs, parseGrants(allow), `${root}/in`);
  return [...found.write].map((path) => path.replace(root, "ROOT"));
}

Deno.test("paths are compared without links, as far as they exist", () => {
  deepEqual(missing([".", "x", "x/y", "./a/../b"]), []);
  deepEqual(missing([".."]), ["ROOT"]);
  deepEqual(missing(["../inside"]), ["ROOT"]);
  deepEqual(missing(["link", "link/deep", "../out/deep/x"]), ["ROOT/out"]);
  deepEqual(missing(["dangling", "dangling/x"]), ["ROOT/out"]);
  deepEqual(missing(["loop/x"]), []);
  deepEqual(missing(["link/../out"]), ["ROOT/out"]);
  deepEqual(missing(["link/deep/../../in"]), []);
  deepEqual(missing(["link/deep/x"], ["fs.write=../out"]), []);
  deepEqual(missing(["link/deep"], ["fs.write=../out/deep"]), []);
  deepEqual(missing(["link/deep"], ["fs.read=../out/deep"]), ["ROOT/out/deep"]);
  deepEqual(missing(["/", "../out"], ["fs=*"]), []);
});

Deno.test("a grant of a path that does not exist yet grants nothing, as with buildx", () => {
  deepEqual(missing(["link/new"], ["fs.write=../out/new"]), ["ROOT/out"]);
  deepEqual(missing(["link/newer"], ["fs.write=../out/new"]), ["ROOT/out"]);
});
