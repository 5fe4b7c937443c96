import { deepEqual } from "node:assert/strict";
import { missingOf } from "./permitted.ts";
import { noPrivileges, parseGrants } from "./privileges.ts";

/** The paths that are missing, from a folder with `in`, `out` and links between them. */
async function missing(paths: string[], allow: string[] = []): Promise<string[]> {
  const made = await Deno.makeTempDir({ prefix: "fairlead-paths-" });
  const root = await Deno.realPath(made);
  try {
    for (const name of ["in", "out/deep"]) Deno.mkdirSync(`${root}/${name}`, { recursive: true });
    Deno.symlinkSync("../out", `${root}/in/link`);
    Deno.symlinkSync("../out/not-yet", `${root}/in/dangling`);
    Deno.symlinkSync("loop", `${root}/in/loop`);
    const needs = noPrivileges();
    for (const path of paths) needs.write.add(path);
    const found = missingOf(needs, parseGrants(allow), `${root}/in`);
    return [...found.write].map((path) => path.replace(root, "ROOT"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("paths are compared without links, as far as they exist", async () => {
  deepEqual(await missing([".", "x", "x/y", "./a/../b"]), []);
  deepEqual(await missing([".."]), ["ROOT"]);
  deepEqual(await missing(["../inside"]), ["ROOT"]);
  deepEqual(await missing(["link", "link/deep", "../out/deep/x"]), ["ROOT/out"]);
  deepEqual(await missing(["dangling", "dangling/x"]), ["ROOT/out"]);
  deepEqual(await missing(["loop/x"]), []);
  deepEqual(await missing(["link/../out"]), ["ROOT/out"]);
  deepEqual(await missing(["link/deep/../../in"]), []);
  deepEqual(await missing(["link/deep/x"], ["fs.write=../out"]), []);
  deepEqual(await missing(["link/deep"], ["fs.write=../out/deep"]), []);
  deepEqual(await missing(["link/deep"], ["fs.read=../out/deep"]), ["ROOT/out/deep"]);
  deepEqual(await missing(["/", "../out"], ["fs=*"]), []);
});

Deno.test("a grant of a path that does not exist yet grants nothing, as with buildx", async () => {
  deepEqual(await missing(["link/new"], ["fs.write=../out/new"]), ["ROOT/out"]);
  deepEqual(await missing(["link/newer"], ["fs.write=../out/new"]), ["ROOT/out"]);
});
