import assert from "node:assert/strict";
import { tempFolder } from "../tests/harness/temp_folder.ts";
import { realPath } from "./real_path.ts";

const ignore = Deno.build.os === "windows";

function inFolders(test: (root: string) => void): void {
  using folder = tempFolder();
  const root = folder.path;
  for (const name of ["in", "out/deep"]) Deno.mkdirSync(`${root}/${name}`, { recursive: true });
  Deno.writeTextFileSync(`${root}/out/file`, "");
  Deno.symlinkSync("../out", `${root}/in/link`);
  Deno.symlinkSync("../out/not-yet", `${root}/in/dangling`);
  Deno.symlinkSync(`${root}/out/none/deeper`, `${root}/in/absolute`);
  Deno.symlinkSync("dangling", `${root}/in/twice`);
  Deno.symlinkSync("loop", `${root}/in/loop`);
  test(root);
}

Deno.test(
  { name: "realPath() leads where the system opens or creates a path", ignore },
  () =>
    inFolders((root) => {
      const cases: [path: string, real: string, existing: string][] = [
        [".", "in", "in"],
        ["x/y", "in/x/y", "in"],
        ["link", "out", "out"],
        ["link/..", "", ""],
        ["link/deep/../../in", "in", "in"],
        ["link/new/file", "out/new/file", "out"],
        ["link/file", "out/file", "out/file"],
        ["dangling", "out/not-yet", "out"],
        ["dangling/x", "out/not-yet/x", "out"],
        ["twice/x", "out/not-yet/x", "out"],
        ["absolute", "out/none/deeper", "out"],
        ["none/../link/new", "out/new", "out"],
        ["none/../link/..", "", ""],
        ["../../" + root.split("/").pop() + "/in//./x/", "in/x", "in"],
      ];
      for (const [path, real, existing] of cases) {
        const expected = [real, existing].map((part) => part === "" ? root : `${root}/${part}`);
        const found = realPath(path, `${root}/in`);
        assert.deepEqual([found.path, found.existing], expected, path);
      }
      assert.equal(realPath("loop/x", `${root}/in`).path, `${root}/in/loop/x`);
      assert.equal(realPath("/../..", root).path, "/");
      assert.equal(realPath("../x", `${root}/in/link`).path, `${root}/x`);
    }),
);

Deno.test(
  { name: "realPath() names the very file that the system creates", ignore },
  () =>
    inFolders((root) => {
      for (const path of ["dangling", "twice", "link/new", "link/../in/other", "link/deep/x"]) {
        const { path: real } = realPath(path, `${root}/in`);
        Deno.writeTextFileSync(`${root}/in/${path}`, path);
        assert.equal(Deno.lstatSync(real).isFile, true, path);
        assert.equal(Deno.readTextFileSync(real), path);
      }
    }),
);
