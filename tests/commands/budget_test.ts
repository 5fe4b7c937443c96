/**
 * `--connect-timeout`: one limit for every command that reaches a daemon, with all steps before the
 * connection.
 */
import assert from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { runFairlead } from "../harness/inside.ts";
import { silentPort } from "../harness/silent_port.ts";
import { fullPort } from "../harness/silent_port.ts";
import { fails } from "../harness/ended.ts";

Deno.test("the time limit of a connection holds for every command, and its step is shown", async (t) => {
  await using full = await fullPort();
  await using space = await workspace(full.endpoint);
  space.write({ "ctx/Dockerfile": "FROM scratch\n" });
  const words = [["du"], ["prune", "-f"], ["history", "ls"], ["build", "ctx"], ["dial-stdio"]];
  for (const args of words) {
    await t.step(args.join(" "), async () => {
      const { stderr } = await fails(space.fairlead([...args, "--connect-timeout=400ms"]));
      assert.match(stderr, /hint: .*firewall[^]*cannot reach tcp:\S+: timed out while connecting/);
      assert.doesNotMatch(stderr, /deadline/i);
    });
  }
  await t.step("by the environment", async () => {
    const { stderr } = await space.fairlead(["du"], { FAIRLEAD_CONNECT_TIMEOUT: "300ms" });
    assert.match(stderr, /timed out while connecting/);
  });
  await t.step("inspect and ls show the step", async () => {
    const inspect = await space.fairlead(["inspect", "--connect-timeout=400ms"]);
    assert.match(inspect.stdout, /no answer after 0\.4s: connecting/);
    const ls = await space.fairlead(["ls", "--connect-timeout=400ms"]);
    assert.match(ls.stdout + ls.stderr, /no answer after 0\.4s: connecting/);
  });
  await t.step("--timeout takes precedence over the environment", async () => {
    const flags = ["--connect-timeout=1h", "--timeout=300ms"];
    const { stderr } = await space.fairlead(["du", ...flags]);
    assert.match(stderr, /timed out while connecting/);
    const ls = await space.fairlead(["ls", ...flags]);
    assert.match(ls.stdout + ls.stderr, /no answer after 0\.3s/);
  });
  await t.step("an invalid limit is refused", async () => {
    for (const value of ["-1s", "soon"]) {
      const { stderr } = await fails(space.fairlead(["du", `--connect-timeout=${value}`]));
      assert.match(stderr, /^ERROR: invalid (value|argument) .*connect-timeout/m);
    }
  });
});

Deno.test("a daemon that accepts and says nothing is given up within the same limit", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const serving = (async () => {
    for await (const connection of silent) accepted.push(connection);
  })();
  await using space = await workspace(`tcp://127.0.0.1:${silent.addr.port}`);
  space.write({ "ctx/Dockerfile": "FROM scratch\n" });
  for (const args of [["du"], ["build", "ctx"], ["history", "ls"]]) {
    const { stderr } = await fails(space.fairlead([...args, "--connect-timeout=500ms"]));
    assert.match(stderr, /it accepts connections, but sent nothing for 0\.5 s/);
  }
  const { stderr } = await fails(space.fairlead(["inspect", "--bootstrap", "--timeout=500ms"]));
  assert.match(
    stderr,
    /^hint: .*\nERROR: cannot reach tcp:\S+: no answer after 0\.5s: connected, waiting for its first reply\n/,
  );
  accepted.forEach((connection) => connection.close());
  silent.close();
  await serving.catch(() => {});
});

Deno.test("on a terminal it counts down to the daemon's first byte", async () => {
  await using port = silentPort();
  const home = await Deno.makeTempDir({ prefix: "fl-count-" });
  await Deno.writeTextFile(`${home}/Dockerfile`, "FROM scratch\n");
  for (const args of [["du"], ["build", "--progress=tty", home]]) {
    const { stderr } = await fails(runFairlead({
      args: [...args, "--connect-timeout=2500ms"],
      host: port.endpoint,
      home,
      terminal: true,
    }));
    assert.match(stderr, /waiting for HTTP\/2 to begin, 2 s left/);
    assert.match(stderr, /sent nothing for 2\.5 s\n\S*hint: [^\n]*\n$/);
    // The line disappears before the error is printed.
    if (args[0] === "du") {
      // deno-lint-ignore no-control-regex -- what a terminal gets
      assert.match(stderr, /left\x1b\[K\r\x1b\[K\x1b\[(?:31|38;5;160)mERROR:/);
    }
  }
  await Deno.remove(home, { recursive: true });
});

Deno.test("a daemon that comes up within the attempts is found", async () => {
  const dir = await Deno.makeTempDir({ prefix: "fl-late-" });
  await using space = await workspace(`unix://${dir}/s`);
  const asking = space.fairlead(["du"]);
  const { startFakeBuildkitd } = await import("../fake_buildkitd.ts");
  // Attempts come at 0, 0.5 and 1.5 s behind the start-up.
  await new Promise((resolve) => setTimeout(resolve, 600));
  await using _daemon = startFakeBuildkitd(() => Promise.resolve(), `${dir}/s`);
  const { stderr } = await asking;
  // The mock has no DiskUsage; that it says so shows that it was reached.
  assert.match(stderr, /Unimplemented|unknown method|not implemented|no such/i);
  assert.doesNotMatch(stderr, /no such socket/);
  await Deno.remove(dir, { recursive: true });
});
