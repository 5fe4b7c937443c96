/**
 * A real editor: Neovim without a screen, with nvim-dap and the settings that docs/debugging.md
 * prints. nvim-dap is in no registry, so `FAIRLEAD_TEST_NVIM_DAP` names a checkout of it: version
 * 0.6.0 for Debian 12's Neovim.
 */
import assert from "node:assert/strict";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, onPath } from "../harness/tool.ts";
import { workspace } from "../build/workspace.ts";
import { fairleadCommand } from "../harness/fairlead.ts";

const plugin = Deno.env.get("FAIRLEAD_TEST_NVIM_DAP");
const nvim = await onPath("nvim");
const absent = plugin === undefined
  ? "FAIRLEAD_TEST_NVIM_DAP names no checkout of nvim-dap"
  : nvim === undefined
  ? "nvim is not installed (Debian's package neovim)"
  : undefined;
const ignore = skip(absent, { optional: true }) ||
  skip(needsRoot() ?? await missing("buildkitd", "runc", "docker-registry"));
const shared = ignore ? undefined! : await sharedBuildkitd();

/** Steps from stop to stop, and writes each into the file `told`. */
const drive = `
local dap = require("dap")
local told = io.open("told", "w")
dap.listeners.after.event_stopped["told"] = function(session, body)
  session:request("stackTrace", { threadId = body.threadId }, function(_, answer)
    local frame = answer.stackFrames[1]
    told:write(body.reason, " ", frame.line, " ", frame.source.name, "\\n")
    told:flush()
    vim.defer_fn(frame.line == 1 and dap.continue or dap.step_over, 100)
  end)
end
dap.listeners.after.event_exited["told"] = function(_, body)
  told:write("exited ", body.exitCode, "\\n")
  told:close()
  vim.defer_fn(function() vim.cmd("qa!") end, 100)
end
vim.api.nvim_win_set_cursor(0, { 3, 0 })
dap.set_breakpoint()
dap.continue()
`;

Deno.test(
  { name: "Neovim debugs a Dockerfile with the settings of the manual", ignore },
  async () => {
    const manual = Deno.readTextFileSync(new URL("../../docs/debugging.md", import.meta.url));
    const [, settings = ""] = /```lua\n([^]*?)```/.exec(manual) ?? [];
    await using it = await workspace(shared.address);
    it.write({
      Dockerfile: "FROM busybox\nWORKDIR /w\nRUN echo one\nRUN echo two\n",
      "bin/fairlead": `#!/bin/sh\nexec ${fairleadCommand().join(" ")} "$@"\n`,
      "init.lua": `vim.opt.runtimepath:append(${JSON.stringify(plugin)})\n${settings}`,
      "drive.lua": drive,
    });
    const { code, stderr } = await new Deno.Command(nvim!, {
      args: ["--headless", "-u", "init.lua", "Dockerfile", "-c", "luafile drive.lua"],
      cwd: it.dir,
      env: { ...it.env, PATH: `${it.path("bin")}:${Deno.env.get("PATH")}` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(60_000),
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.deepEqual(it.read("told").split("\n"), [
      "step 1 Dockerfile",
      "breakpoint 3 Dockerfile",
      "step 4 Dockerfile",
      "step 4 Dockerfile",
      "exited 0",
      "",
    ]);
  },
);
