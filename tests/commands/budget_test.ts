/**
 * `--connect-timeout`: one limit for every command that reaches a daemon, with all steps before the
 * connection.
 */
import assert from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { runFairlead } from "../harness/inside.ts";
import { fullPort, silentPort } from "../harness/silent_port.ts";
import { tempFolder } from "../harness/temp_folder.ts";
import { startFakeBuildkitd } from "../fake_buildkitd.ts";
import { fails } from "../harness/ended.ts";

Deno.test("the time limit of a connection holds for every command, and its step is shown", async (t) => {
  await using full = await fullPort();
  await using space = await workspace(full.endpoint);
  space.write({ "ctx/Dockerfile": "FROM scratch\n" });
  const words = [["du"], ["prune", "-f"], ["history", "ls"], ["build", "ctx"], ["dial-stdio"]];
  for (const args of words) {
    await t.step(args.join(" "), async () => {
      const { stderr } = await fails(space.inside([...args, "--connect-timeout=400ms"]));
      assert.match(stderr, /hint: .*firewall[^]*cannot reach tcp:\S+: timed out while connecting/);
      assert.doesNotMatch(stderr, /deadline/i);
    });
  }
  await t.step("by the environment", async () => {
    const { stderr } = await space.inside(["du"], { FAIRLEAD_CONNECT_TIMEOUT: "300ms" });
    assert.match(stderr, /timed out while connecting/);
  });
  await t.step("inspect and ls show the step", async () => {
    const inspect = await space.inside(["inspect", "--connect-timeout=400ms"]);
    assert.match(inspect.stdout, /no answer after 0\.4s: connecting/);
    const ls = await space.inside(["ls", "--connect-timeout=400ms"]);
    assert.match(ls.stdout + ls.stderr, /no answer after 0\.4s: connecting/);
  });
  await t.step("--timeout takes precedence over the environment", async () => {
    const flags = ["--connect-timeout=1h", "--timeout=300ms"];
    const { stderr } = await space.inside(["du", ...flags]);
    assert.match(stderr, /timed out while connecting/);
    const ls = await space.inside(["ls", ...flags]);
    assert.match(ls.stdout + ls.stderr, /no answer after 0\.3s/);
  });
  await t.step("an invalid limit is refused", async () => {
    for (const value of ["-1s", "soon"]) {
      const { stderr } = await fails(space.inside(["du", `--connect-timeout=${value}`]));
      assert.match(stderr, /^ERROR: invalid (value|argument) .*connect-timeout/m);
    }
  });
});

Deno.test("a daemon that accepts and says nothing is given up within the same limit", async () => {
  await using port = silentPort();
  await using space = await workspace(port.endpoint);
  space.write({ "ctx/Dockerfile": "FROM scratch\n" });
  for (const args of [["du"], ["build", "ctx"], ["history", "ls"]]) {
    const { stderr } = await fails(space.inside([...args, "--connect-timeout=500ms"]));
    assert.match(stderr, /it accepts connections, but sent nothing for 0\.5 s/);
  }
  const { stderr } = await fails(space.inside(["inspect", "--bootstrap", "--timeout=500ms"]));
  assert.match(
    stderr,
    /^hint: .*\nERROR: cannot reach tcp:\S+: no answer after 0\.5s: connected, waiting for its first reply\n/,
  );
});

Deno.test("on a terminal it counts down to the daemon's first byte", async () => {
  await using port = silentPort();
  using home = tempFolder();
  home.write("Dockerfile", "FROM scratch\n");
  for (const args of [["du"], ["build", "--progress=tty", home.path]]) {
    const { stderr } = await fails(runFairlead({
      args: [...args, "--connect-timeout=1500ms"],
      ...{ host: port.endpoint, home: home.path, terminal: true },
    }));
    assert.match(stderr, /waiting for HTTP\/2 to begin, 1 s left/);
    assert.match(stderr, /sent nothing for 1\.5 s\n\S*hint: [^\n]*\n$/);
    // The line disappears before the error is printed.
    if (args[0] === "du") {
      // deno-lint-ignore no-control-regex -- what a terminal gets
      assert.match(stderr, /left\x1b\[K\r\x1b\[K\x1b\[(?:31|38;5;160)mERROR:/);
    }
  }
});

Deno.test("a daemon that comes up within the attempts is found", async () => {
  using home = tempFolder();
  const path = `${home.path}/s`;
  await using daemon = new AsyncDisposableStack();
  const { stderr } = await runFairlead({
    ...{ args: ["du"], host: `unix://${path}`, home: home.path, terminal: true },
    onStderr(text) {
      if (!/no such socket; trying again/.test(text) || daemon.disposed) return;
      daemon.use(startFakeBuildkitd(() => Promise.resolve(), path));
    },
  });
  // The mock has no DiskUsage; that it says so shows that it was reached.
  assert.match(stderr, /ERROR:.*(?:Unimplemented|unknown method|not implemented)/i);
});
