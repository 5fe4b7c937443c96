import assert from "node:assert/strict";
import { tempFolder } from "../tests/harness/temp_folder.ts";
import { localFiles, pathProblem } from "./policy_files.ts";

Deno.test("a policy reads regular files of its folder, and nothing outside of it", async () => {
  using folder = tempFolder();
  const dir = folder.path;
  await Deno.mkdir(`${dir}/root/sub`, { recursive: true });
  await Deno.writeTextFile(`${dir}/secret`, "secret");
  await Deno.writeTextFile(`${dir}/root/sub/a.json`, "0123456789");
  await Deno.symlink("sub/a.json", `${dir}/root/inside`);
  await Deno.symlink("../secret", `${dir}/root/outside`);
  await Deno.symlink("..", `${dir}/root/up`);
  await Deno.symlink("loop", `${dir}/root/loop`);
  const pipe = await new Deno.Command("mkfifo", { args: [`${dir}/root/pipe`] }).output();
  assert.ok(pipe.success);
  const files = localFiles(`${dir}/root`, new AbortController().signal);
  const text = async (path: string, limit = 100) => {
    const bytes = await files(path, limit);
    return bytes && new TextDecoder().decode(bytes);
  };
  assert.equal(await text("sub/a.json"), "0123456789");
  assert.equal(await text("sub/a.json", 4), "0123");
  assert.equal(await text("inside"), "0123456789");
  assert.equal(await text("none"), undefined);
  const refused: [path: string, message: string][] = [
    ["outside", "statat outside: path escapes from parent"],
    ["up/secret", "statat up/secret: path escapes from parent"],
    ["loop", "statat loop: too many levels of symbolic links"],
    ["sub/a.json/x", "statat sub/a.json/x: not a directory"],
    ["pipe", "read ./pipe: not a regular file"],
    ["sub", "read ./sub: is a directory"],
    ...["../secret", "sub/../../secret", `${dir}/secret`, "", ".", "sub//a.json", "sub/a.json/"]
      .map((path): [string, string] => [path, `stat ${path}: invalid argument`]),
  ];
  for (const [path, message] of refused) {
    await assert.rejects(() => text(path), { name: "PolicyFileError", message });
  }
});

Deno.test("paths that lead nowhere below a folder are known by their text", () => {
  for (const path of ["a", "a/b", "..a", "a..b"]) assert.equal(pathProblem(path), undefined);
  for (const path of ["", "/a", "..", "a/../b", ".", "a//b", "a/"]) assert.ok(pathProblem(path));
});
