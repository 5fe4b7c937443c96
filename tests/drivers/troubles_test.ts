/** `doctor` on containers in trouble: the verdict says what happened, and the remedy. */
import { equal, match, notEqual } from "node:assert/strict";
import { skip } from "../harness/skip.ts";
import { engineMissing, engineSpace, importDaemonImage } from "./engine.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(await engineMissing());

Deno.test({ name: "doctor: containers in trouble", ignore }, async (t) => {
  await using space = await engineSpace({ init: true });
  const image = await importDaemonImage(space);
  const { docker } = space.engine;
  const create = async (name: string, options = "") => {
    const opt = `--driver-opt=image=${image},network=host${options}`;
    const create = ["create", "--name", name, "--driver=docker-container", opt];
    await succeeds(space.fairlead(create));
  };
  const boot = (name: string) => space.fairlead(["inspect", "--bootstrap", name]);
  const doctor = async (name: string) => {
    const { code, stdout } = await space.fairlead(["doctor", "--transfer=0", name]);
    return { code, stdout, verdict: /^verdict: (.*)$/m.exec(stdout)?.[1] ?? stdout };
  };
  /** A builder whose cache has so many bytes of memory instead of a disk. */
  const small = async (name: string, size: string) => {
    const tmpfs = ["--opt=type=tmpfs", "--opt=device=tmpfs", `--opt=o=size=${size}`];
    await docker("volume", "create", "--driver=local", ...tmpfs, `buildx_buildkit_${name}0_state`);
    await create(name);
  };

  await t.step("out of memory", async () => {
    await create("oom", ",memory=24m,memory-swap=24m,restart-policy=no");
    equal((await boot("oom")).code, 0);
    space.write({
      "greedy/Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nRUN x=a; while :; do x=$x$x; done\n",
    });
    Deno.copyFileSync(space.path("ctx/sh"), space.path("greedy/sh"));
    const built = await space.fairlead(["build", "--builder=oom", "--network=host", "greedy"]);
    match(built.stderr, /^ERROR: .*container \S+ ran out of memory and was killed/m);
    const { verdict } = await fails(doctor("oom"));
    match(
      verdict,
      /^the daemon can't be used: container \S+oom0: it ran out of memory and was killed: raise/,
    );
  });

  await t.step("its disk is full: a build says so, and doctor finds it", async () => {
    await small("full", "24m");
    equal((await boot("full")).code, 0);
    space.write({ "big/Dockerfile": "FROM scratch\nCOPY big /\n", "big/big": "" });
    Deno.writeFileSync(space.path("big/big"), crypto.getRandomValues(new Uint8Array(65536)));
    Deno.truncateSync(space.path("big/big"), 50_000_000);
    const built = await space.fairlead(["build", "--builder=full", "big"]);
    notEqual(built.code, 0);
    match(built.stderr, /^hint: the disk of the builder's machine is full: 'fairlead prune'/m);
    const { stdout } = await succeeds(doctor("full"));
    match(stdout, /^ +the disk of its cache is full: \d+ MiB of 24 MiB are left$/m);
    match(stdout, /^ +hint: remove what is not in use by fairlead prune/m);
  });

  await t.step("paused", async () => {
    await docker("pause", "buildx_buildkit_full0");
    match(
      (await doctor("full")).verdict,
      /full0 is paused; resume it: docker \S+ unpause \S+full0$/,
    );
    await docker("unpause", "buildx_buildkit_full0");
  });

  await t.step("ends again and again, because its disk is full", async () => {
    await small("tiny", "16k");
    const { stderr } = await fails(boot("tiny"));
    match(
      stderr,
      /^ERROR: buildkitd in container \S+ doesn't answer .*: no space left on device$/m,
    );
    const { verdict } = await doctor("tiny");
    match(
      verdict,
      /: container \S+tiny0: it .*no space left on device; the disk/,
    );
  });

  await t.step("missing", async () => {
    equal((await space.fairlead(["rm", "--keep-state", "tiny"])).code, 0);
    await create("tiny");
    const { verdict } = await doctor("tiny");
    match(verdict, /no container "\S+tiny0" .*; a build creates it, and so does fairlead inspect/);
  });
});
