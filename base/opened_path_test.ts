import assert from "node:assert/strict";
import { tempFolder } from "../tests/harness/temp_folder.ts";
import { openedPath } from "./opened_path.ts";

Deno.test("openedPath() goes back from where a link leads", {
  ignore: Deno.build.os === "windows",
}, () => {
  using folder = tempFolder();
  const dir = folder.path;
  Deno.mkdirSync(`${dir}/else/where`, { recursive: true });
  Deno.symlinkSync("else/where", `${dir}/link`);
  const cases: [path: string, opened: string][] = [
    ["link/../out", `${dir}/else/out`],
    ["./link/./../../out", `${dir}/out`],
    ["link/out", `${dir}/link/out`],
    ["none/../out", `${dir}/out`],
    ["none/../link/..", `${dir}/else`],
    [".", dir],
    ["..", dir.replace(/\/[^/]*$/, "")],
    [`${dir}/link/..//x/`, `${dir}/else/x`],
    ["/../..", "/"],
    ["/../x", "/x"],
  ];
  for (const [path, opened] of cases) assert.equal(openedPath(path, dir), opened, path);
  assert.equal(openedPath("../out", `${dir}/link`), `${dir}/else/out`);
});
