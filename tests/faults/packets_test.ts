/**
 * A network that drops packets silently, between two network namespaces of the test: the daemon's
 * host and the client's. buildctl hung for more than 75 s here.
 */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need, onPath } from "../harness/tool.ts";
import { noTwoHosts, twoHosts } from "../harness/two_hosts.ts";
import { fairleadCommand, start } from "../harness/fairlead.ts";
import { errorLines } from "../harness/inside.ts";
import { makeWorkbench, processEnv } from "./workbench.ts";
import { succeeds } from "../harness/ended.ts";

const cannot = needsRoot() ?? await missing("buildkitd", "runc", "busybox") ?? await noTwoHosts();

const BEGUN = /^#\d+ [\d.]+ begun/m;

Deno.test({
  name:
    "a network that drops packets in mid-build is lost within 30 s, and the build repeated when they pass",
  ignore: skip(cannot),
}, async () => {
  await using hosts = await twoHosts();
  const { near, far } = hosts;
  const id = crypto.randomUUID();
  await using bench = await makeWorkbench({
    Dockerfile: `FROM scratch AS made\nCOPY --chmod=755 busybox /busybox\n` +
      `RUN ["/busybox", "sh", "-c", "echo ${id} > /one"]\n` +
      'RUN ["/busybox", "sh", "-c", "echo begun; /busybox sleep 8; echo whole > /file"]\n' +
      "FROM scratch\nCOPY --from=made /file /\n",
    busybox: await Deno.readFile((await onPath("busybox"))!),
  });
  // The daemon lives on the far host, and is started by a script that goes there.
  const wrapper = `${bench.folder}/buildkitd`;
  const real = await need("buildkitd");
  await Deno.writeTextFile(wrapper, `#!/bin/sh\nexec ${far.enter.join(" ")} "${real}" "$@"\n`);
  await Deno.chmod(wrapper, 0o755);
  const address = `tcp://${far.address}:1234`;
  await using daemon = await startBuildkitd({ program: wrapper, args: [`--addr=${address}`] });
  assert.ok(daemon.socket);

  const args = ["build", "--progress=plain", "--retry=5", "-o", `${bench.folder}/out`];
  const command = [...near.enter, ...fairleadCommand(...args, bench.context)];
  const build = start(command, { env: processEnv(bench, address) });
  await build.until(BEGUN);
  const dropped = performance.now();
  await hosts.drop(true);
  await build.until(/building again, attempt 1 of 5/);
  const reported = performance.now();
  await hosts.drop(false);
  const { stderr } = await succeeds(build.ended);
  assert.match(
    stderr,
    /the connection to tcp:\S+ was lost during build \w{25}: nothing came from it/,
  );
  assert.deepEqual(errorLines({ stderr }), [], stderr);
  const took = (reported - dropped) / 1000;
  assert.ok(took > 0 && took < 30, `it took ${took} s to notice`);
  assert.match(stderr, /building again[^]*> \/one"\]\n#\d+ CACHED/);
  assert.equal(await Deno.readTextFile(`${bench.folder}/out/file`), "whole\n");
});
