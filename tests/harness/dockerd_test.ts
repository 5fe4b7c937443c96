import assert from "node:assert/strict";
import { writeRootfs } from "./base_image.ts";
import { dockerEngine, startDockerd } from "./dockerd.ts";
import { check } from "./run.ts";
import { needsRoot, skip } from "./skip.ts";
import { missing } from "./tool.ts";

const base = needsRoot() ?? await missing("containerd", "runc", "busybox");

for (const engine of ["trixie", "sid"] as const) {
  Deno.test({
    name: `the Docker engine of ${engine} imports an image and runs it`,
    ignore: skip(base ?? (await dockerEngine(engine)).reason, { optional: engine === "sid" }),
  }, async () => {
    await using dockerd = await startDockerd({ engine });
    await writeRootfs(`${dockerd.root}/rootfs`);
    const tar = `${dockerd.root}/rootfs.tar`;
    await check("tar", ["-C", `${dockerd.root}/rootfs`, "-cf", tar, "."]);
    await dockerd.docker("import", "--change", "ENV PATH=/bin", tar, "busybox");
    const run = ["run", "--rm", "--network=none", "busybox"];
    assert.match((await dockerd.docker(...run, "echo", "it runs")).stdout, /it runs/);
    const store = engine === "sid" ? /overlayfs/ : /overlay2/;
    assert.match((await dockerd.docker("info", "--format={{.Driver}}")).stdout, store);
    await dockerd.docker("run", "-d", "--network=none", "busybox", "sleep", "600");
  });
}
