/** fairlead as a library: the example that makes a builder, on a Docker engine of its own. */
import { equal, match } from "node:assert/strict";
import { engineSpace } from "../drivers/engine.ts";
import { importDaemonImage } from "../drivers/daemon_image.ts";
import { dockerEngine } from "../harness/dockerd.ts";
import { run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const ignore = skip(
  needsRoot() ?? await missing("containerd", "runc", "busybox", "buildkitd", "buildctl") ??
    (await dockerEngine()).reason,
);
const root = new URL("../..", import.meta.url).pathname;

Deno.test({ name: "the library makes, boots, stops and removes a builder", ignore }, async () => {
  await using space = await engineSpace({ init: true });
  const image = await importDaemonImage(space);
  const example = (...args: string[]) =>
    run(Deno.execPath(), [
      ...["run", "-A", "--quiet", "--no-check", "--config", `${root}deno.json`],
      ...[`${root}examples/library/make_builder.ts`, ...args],
    ], { env: space.env });
  const { code, stdout, stderr } = await example("mine", image);
  equal(code, 0, stderr);
  match(stdout, /^creating container buildx_buildkit_mine0$/m);
  match(stdout, /^mine0 runs BuildKit v/m);
  equal((await space.engine.docker("ps", "-aq")).stdout, "");
  equal((await space.engine.docker("volume", "ls", "-q")).stdout, "");
  equal((await space.fairlead(["inspect", "mine"])).code, 1);
  const absent = await example("mine", "127.0.0.1:1/nope:1");
  equal(absent.code, 1);
  match(absent.stderr, /BuilderError: cannot pull the builder's image 127\.0\.0\.1:1\/nope:1/);
  equal((await space.fairlead(["inspect", "mine"])).code, 1, "the example removes it again");
});
