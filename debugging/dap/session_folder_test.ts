import assert from "node:assert/strict";
import { sessionFolder } from "./session_folder.ts";

Deno.test("a session removes the folders of killed adapters, and no other", async () => {
  const using = sessionFolder();
  const code = `
    const { sessionFolder } = await import(${
    JSON.stringify(new URL("session_folder.ts", import.meta.url).href)
  });
    console.log(sessionFolder().path);
    Deno.kill(Deno.pid, "SIGKILL");
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
  }).output();
  const killed = new TextDecoder().decode(stdout).trim();
  assert.ok(Deno.statSync(killed).isDirectory, "a killed adapter leaves its folder");
  const fresh = Deno.makeTempDirSync({ prefix: "fairlead-dap-exec" });
  {
    using _next = sessionFolder();
    assert.throws(() => Deno.statSync(killed), Deno.errors.NotFound);
    assert.ok(Deno.statSync(using.path).isDirectory, "a session's own folder stays");
    assert.ok(Deno.statSync(fresh).isDirectory, "a folder without its lock is a new one");
  }
  Deno.removeSync(fresh);
  using[Symbol.dispose]();
  assert.throws(() => Deno.statSync(using.path), Deno.errors.NotFound);
});
