/**
 * `--load` sends real engines only the layers that they lack, and everything if a layer disappears.
 * A proxy counts the bytes. `load_cases_test.ts` has other sorts of images.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import {
  BIG,
  kinds,
  load,
  type Loaded,
  MIB,
  proxyOf,
  reason,
  savedFiles,
  writeBig,
} from "./load_engines.ts";

const address = reason === undefined ? (await sharedBuildkitd()).address : "";
const COPIES = "FROM scratch\nCOPY big /\nCOPY small /\n";

// containerd itself gets blobs, and no archive (`load_targets_test.ts`).
for (const kind of kinds.filter(({ program }) => program !== "containerd")) {
  Deno.test({
    name: `${kind.name}: a load sends the layers that the engine lacks`,
    ignore: kind.ignore,
  }, async (t) => {
    await using engine = await kind.start();
    let onLoad: (() => void) | undefined;
    await using proxy = await proxyOf(kind, engine, (bytes) => {
      if (new TextDecoder().decode(bytes.subarray(0, 20)).startsWith("POST /images/load")) {
        onLoad?.();
      }
    });
    await using space = await workspace(address);
    writeBig(space, "big");
    const change = () => space.write({ "ctx/small": crypto.randomUUID() });
    /** Loads the context, and compares with what buildx loads into an engine without the image. */
    async function loads(names: readonly string[], files: readonly string[]): Promise<Loaded> {
      const tags = names.map((name) => `--tag=${name}`);
      const loaded = await load(kind, space, proxy, ...tags, `--iidfile=${space.path("id")}`);
      for (const name of names) equal(await engine.idOf(name), space.read("id"), name);
      deepEqual(await savedFiles(engine, space, names[0]!), files);
      return loaded;
    }

    await t.step("the first load sends everything", async () => {
      space.write({ "ctx/Dockerfile": COPIES });
      change();
      const { sent } = await loads(["a/b:1"], ["big", "small"]);
      ok(sent > BIG, `${sent} bytes were sent`);
    });

    await t.step("only a changed layer is sent again, for one name or several", async () => {
      change();
      const one = await loads(["a/b:1"], ["big", "small"]);
      ok(one.sent < MIB, `${one.sent} bytes were sent`);
      match(one.stderr, /^#\d+ sending tarball/m);
      const lines = one.stderr.match(/^#\d+ (?:\d|importing|loading layer).*/gm) ?? [];
      const shown = new Set(lines.map((line) => line.replace(/ [0-9a-f]{12} .*|^#\d+ /g, "")));
      const layer = kind.indexes || kind.program === "podman" ? [] : ["loading layer"];
      deepEqual([...shown], [`importing to ${kind.program}`, ...layer]);
      change();
      const two = await loads(["d:1", "e/f:2"], ["big", "small"]);
      ok(two.sent < MIB, `${two.sent} bytes were sent`);
    });

    await t.step("an image that is removed during the load", async () => {
      change();
      const removed = Promise.withResolvers<void>();
      onLoad = () => {
        onLoad = undefined;
        proxy.stall(true, "up");
        engine.clear().then(removed.resolve, removed.reject).finally(() => proxy.stall(false));
      };
      const loading = loads(["a/b:1"], ["big", "small"]);
      await removed.promise;
      const { sent, stderr } = await loading;
      match(stderr, /no longer has a layer of the image: everything is sent/);
      ok(sent > BIG, `${sent} bytes were sent`);
      equal((await engine.all()).length, 1, "nothing else is left in the engine");
    });
  });
}
