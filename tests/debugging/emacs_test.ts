/**
 * A real editor: Emacs without a screen, with dap-mode and the settings that docs/debugging.md
 * prints.
 */
import assert from "node:assert/strict";
import { fairleadCommand } from "../harness/fairlead.ts";
import { withShared } from "../harness/shared.ts";
import { onPath } from "../harness/tool.ts";
import { workspace } from "../build/workspace.ts";

const packages = "/usr/share/emacs/site-lisp/elpa-src";
const hasMode = await Deno.stat(packages).then(
  () => [...Deno.readDirSync(packages)].some(({ name }) => name.startsWith("dap-mode-")),
  () => false,
);
const emacs = await onPath("emacs");
const { ignore, shared } = await withShared(
  emacs === undefined
    ? "emacs is not installed (Debian's package emacs-nox)"
    : hasMode
    ? undefined
    : "dap-mode is not installed (Debian's package elpa-dap-mode)",
);

/** Steps from stop to stop, and prints each. */
const drive = `;; -*- lexical-binding: t -*-
(package-initialize)
(load-file "settings.el")
(defvar ended nil)
(add-hook 'dap-stack-frame-changed-hook
          (lambda (session)
            (let ((frame (dap--debug-session-active-frame session)))
              (when frame
                (princ (format "stop %s %s\\n" (gethash "line" frame) (gethash "name" frame)))
                (run-with-timer 0.1 nil
                                (lambda ()
                                  (if (= (gethash "line" frame) 1)
                                      (dap-continue session (dap--debug-session-thread-id session))
                                    (dap-next session))))))))
(add-hook 'dap-terminated-hook (lambda (_) (setq ended t)))
(find-file "Dockerfile")
(forward-line 2)
(dap-breakpoint-add)
(dap-debug (cdr (assoc "Debug this Dockerfile" dap-debug-template-configurations)))
(while (not ended) (accept-process-output nil 0.1))
(princ "ended\\n")
`;

Deno.test({
  name: "Emacs debugs a Dockerfile with the settings of the manual",
  ignore,
}, async () => {
  const manual = Deno.readTextFileSync(new URL("../../docs/debugging.md", import.meta.url));
  const [, settings = ""] = /```elisp\n([^]*?)```/.exec(manual) ?? [];
  await using it = await workspace(shared.address);
  it.write({
    Dockerfile: "FROM busybox\nWORKDIR /w\nRUN echo one\nRUN echo two\n",
    "bin/fairlead": `#!/bin/sh\nexec ${fairleadCommand().join(" ")} "$@"\n`,
    "settings.el": settings,
    "drive.el": drive,
  });
  const { code, stdout, stderr } = await new Deno.Command(emacs!, {
    args: ["--batch", "--load", "drive.el"],
    cwd: it.dir,
    env: { ...it.env, PATH: `${it.path("bin")}:${Deno.env.get("PATH")}` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const said = new TextDecoder().decode(stdout), problems = new TextDecoder().decode(stderr);
  assert.equal(code, 0, problems);
  assert.deepEqual(said.split("\n").filter((line) => /^(stop|ended)/.test(line)), [
    said.match(/stop 1 .*/)?.[0],
    "stop 3 [3/4] RUN echo one",
    "stop 4 [4/4] RUN echo two",
    "stop 4 [4/4] RUN echo two",
    "ended",
  ], problems);
});
