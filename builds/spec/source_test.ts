import { deepEqual, equal, ok } from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { contextSource, dockerfileSource, namedSource } from "./source.ts";

const ignore = Deno.build.os === "windows";

/** Runs a test in a folder `in`, next to `out`, with folders and links that look like URLs. */
function withFolders(test: (cwd: string, root: string) => void): void {
  using folder = tempFolder();
  const root = folder.path;
  for (const folder of ["out/.ssh", "in/sub", "in/github.com/inside", "in/https:/host"]) {
    Deno.mkdirSync(`${root}/${folder}`, { recursive: true });
  }
  Deno.writeTextFileSync(`${root}/in/file`, "");
  Deno.symlinkSync("../out", `${root}/in/http.git`);
  Deno.symlinkSync("../../out", `${root}/in/github.com/x`);
  Deno.symlinkSync("../out", `${root}/in/git@host:x`);
  test(`${root}/in`, root);
}

Deno.test({
  name: "contexts: a folder goes before a URL, unless the definition was fetched",
  ignore,
}, () =>
  withFolders((cwd, root) => {
    const cases: [text: string, here: string, fetched: string][] = [
      [".", "in", "in"],
      ["sub/..", "in", "in"],
      ["../out", "out", "out"],
      ["http.git/..", "", ""],
      ["github.com/../../out/.ssh", "out/.ssh", "remote"],
      ["github.com/inside", "in/github.com/inside", "remote"],
      ["github.com/x", "in/github.com/x", "remote"],
      ["https://../../out", "out", "remote"],
      ["http://x.git", "remote", "remote"],
      ["git@host:x", "in/git@host:x", "remote"],
      ["github.com/none", "remote", "remote"],
      ["none", "none", "none"],
      ["file", "none", "none"],
      ["", "none", "none"],
      ["-", "stdin", "stdin"],
    ];
    for (const [text, here, fetched] of cases) {
      for (const [urlsFirst, expected] of [[false, here], [true, fetched]] as const) {
        const source = contextSource(text, { cwd, urlsFirst });
        const isKind = ["remote", "none", "stdin"].includes(expected);
        equal(source.kind, isKind ? expected : "folder", text);
        if (source.kind !== "folder") continue;
        equal(source.path, expected === "" ? root : `${root}/${expected}`, text);
      }
    }
  }));

Deno.test(
  { name: "named contexts: what only begins like an image or a URL is a folder", ignore },
  () =>
    withFolders((cwd, root) => {
      const kind = (text: string) => {
        const source = namedSource("x", text, cwd);
        return "path" in source
          ? `${source.kind} ${source.path.replace(root, "ROOT")}`
          : source.kind;
      };
      deepEqual(kind("docker-image://alpine"), "image");
      deepEqual(kind("docker-image:/../../out"), "folder ROOT/out");
      deepEqual(kind("target:a"), "target");
      deepEqual(kind("github.com/../../out"), "remote");
      deepEqual(kind("https://../../out"), "remote");
      deepEqual(kind("oci-layout://../out:tag"), "layout ROOT/out");
      deepEqual(kind("oci-layout:/../../out"), "folder ROOT/out");
      deepEqual(kind("sub"), "folder ROOT/in/sub");
      deepEqual(kind("file"), "none ROOT/in/file");
      deepEqual(kind("none"), "none ROOT/in/none");
    }),
);

Deno.test({
  name: "Dockerfiles: a URL, a file of this machine, or a path inside the context",
  ignore,
}, () =>
  withFolders((cwd, root) => {
    const folder = contextSource("sub", { cwd });
    const remote = contextSource("https://host/x.git", { cwd });
    const stdin = contextSource("-", { cwd });
    const found = (text: string, context: typeof folder) => {
      const source = dockerfileSource(text, context, cwd);
      return "path" in source ? `${source.kind} ${source.path.replace(root, "ROOT")}` : source.kind;
    };
    deepEqual(found("", folder), "file ROOT/in/sub/Dockerfile");
    deepEqual(found("d/f", folder), "file ROOT/in/d/f");
    deepEqual(found("../out/.ssh/id", folder), "file ROOT/out/.ssh/id");
    deepEqual(found("github.com/../../out/.ssh/id", folder), "file ROOT/out/.ssh/id");
    deepEqual(found("https://../../x", folder), "url");
    deepEqual(found("-", folder), "stdin");
    for (const context of [remote, stdin]) {
      deepEqual(found("", context), "inside");
      deepEqual(found("../../x", context), "inside");
    }
    deepEqual(found(`${root}/out/f`, remote), "file ROOT/out/f");
    deepEqual(found(`${root}/out/f`, stdin), "inside");
  }));

Deno.test(
  { name: "a context that is no folder has the error that the build throws", ignore },
  () =>
    withFolders((cwd) => {
      const source = contextSource("none", { cwd });
      ok(source.kind === "none");
      equal(source.error.message, 'unable to prepare context: path "none" not found');
    }),
);
