/** fairlead as a library: the examples that make a builder, on a Docker engine of their own. */
import { equal, match } from "node:assert/strict";
import { engineMissing, engineSpace, importDaemonImage } from "../drivers/engine.ts";
import { run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { installInto, runtimes } from "./package.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(await engineMissing());
const root = new URL("../..", import.meta.url).pathname;

Deno.test({ name: "the library makes, boots, stops and removes a builder", ignore }, async () => {
  await using space = await engineSpace({ init: true });
  const image = await importDaemonImage(space);
  const example = (...args: string[]) =>
    run(Deno.execPath(), [
      ...["run", "-A", "--quiet", "--no-check", "--config", `${root}deno.json`],
      ...[`${root}examples/library/make_builder.ts`, ...args],
    ], { env: space.env });
  const { stdout } = await succeeds(example("mine", image));
  match(stdout, /^creating container buildx_buildkit_mine0$/m);
  match(stdout, /^mine0 runs BuildKit v/m);
  equal((await space.engine.docker("ps", "-aq")).stdout, "");
  equal((await space.engine.docker("volume", "ls", "-q")).stdout, "");
  equal((await space.fairlead(["inspect", "mine"])).code, 1);
  const absent = await fails(example("mine", "127.0.0.1:1/nope:1"));
  match(absent.stderr, /BuilderError: cannot pull the builder's image 127\.0\.0\.1:1\/nope:1/);
  equal((await space.fairlead(["inspect", "mine"])).code, 1, "the example removes it again");
});

Deno.test({
  name: "the package for npm makes builders under Node 22 and Bun, and waits for the store's lock",
  ignore: ignore || Deno.build.target !== "x86_64-unknown-linux-gnu",
}, async () => {
  await using space = await engineSpace({ init: true });
  const image = await importDaemonImage(space);
  const path = await Deno.makeTempDir({ prefix: "fl-npm-" });
  await using _ = removedLater(path);
  await installInto(path);
  const example = "make_builder.mjs";
  await Deno.copyFile(`${root}examples/library/${example}`, `${path}/${example}`);
  for (const program of await runtimes()) {
    const node = (...args: string[]) => run(program, args, { cwd: path, env: space.env });
    const { stdout } = await succeeds(node(example, "mine", image));
    match(stdout, /^creating container buildx_buildkit_mine0$/m);
    match(stdout, /^mine0 runs BuildKit v/m);
    equal((await space.engine.docker("ps", "-aq")).stdout, "");
    equal((await space.fairlead(["inspect", "mine"])).code, 1);
    const absent = await node(example, "mine", "127.0.0.1:1/nope:1");
    match(absent.stderr, /cannot pull the builder's image 127\.0\.0\.1:1\/nope:1/);

    // While another program holds the lock, a call waits, and ends with its signal.
    using lock = Deno.openSync(`${space.env.BUILDX_CONFIG}/.lock`, { write: true });
    lock.lockSync(true);
    const script = `import { createBuilder } from "@fairlead/fairlead/builders";
          const signal = AbortSignal.timeout(300);
          const builder = { name: "late", driver: "remote", endpoint: "tcp://127.0.0.1:1" };
          await createBuilder(builder, { signal }).catch((error) => console.log(error.name));`;
    await Deno.writeTextFile(`${path}/late.mjs`, script);
    equal((await node("late.mjs")).stdout, "TimeoutError\n");
  }
});
