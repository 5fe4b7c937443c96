import { deepEqual, equal } from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { collector } from "../../tests/commands/fake_deps.ts";
import { outputTo } from "../../tests/progress/terminal.ts";
import { buildDetails, failedBuild, noteFailedBuild } from "./build_details.ts";

function withDesktop(work: (env: (name: string) => string | undefined) => void) {
  using home = tempFolder();
  home.write(".docker/desktop-build/.lastaccess", "");
  work((name) => name === "HOME" ? home.path : undefined);
}

Deno.test("the details of builds are the peer's text, and on a terminal links", () => {
  withDesktop((env) => {
    const piped = { env, stderr: collector() };
    const text = (refs: [string, string][]) => buildDetails(refs, piped)?.join("");
    equal(
      text([["default", "b/b0/r"]]),
      "\nView build details: docker-desktop://dashboard/build/b/b0/r\n",
    );
    equal(
      text([["a", "b/b0/r"], ["c", "b/b0/s"]]),
      "\nView build details: \n  a: docker-desktop://dashboard/build/b/b0/r" +
        "\n  c: docker-desktop://dashboard/build/b/b0/s\n",
    );
    equal(text([]), undefined);
    let shown = "";
    const stderr = outputTo((more) => shown += more);
    const url = "docker-desktop://dashboard/build/b/b0/r";
    stderr.paint(buildDetails([["default", "b/b0/r"]], { env, stderr })!);
    equal(shown, `\nView build details: \x1b]8;;${url}\x1b\\${url}\x1b]8;;\x1b\\\n`);
    // A node's name comes from the store; it must not print control characters.
    shown = "";
    stderr.paint(buildDetails([["\x1b[2J", "b/\x1b]0;x\x07b0/r"]], { env, stderr })!);
    equal(shown, "\nView build details: docker-desktop://dashboard/build/b/b0/r\n");
  });
  equal(buildDetails([["a", "b/b0/r"]], { env: () => "/nowhere", stderr: collector() }), undefined);
});

Deno.test("the build that an error ended is found behind its causes", () => {
  const cause = new Error("a");
  noteFailedBuild(cause, "b/b0/r");
  const errors = [cause, new Error("x", { cause }), new Error("y"), "text", undefined];
  deepEqual(errors.map(failedBuild), ["b/b0/r", "b/b0/r", undefined, undefined, undefined]);
});
