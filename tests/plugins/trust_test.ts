/** Plugins that are not run because of their owner, and the choice among several. */
import assert from "node:assert/strict";
import { EndpointError } from "../../transports/errors.ts";
import { createPlugins } from "../../transports/external.ts";
import { createRegistry } from "../../transports/registry.ts";
import { unix } from "../../transports/schemes/unix.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { echo, failure, makeZoo, metadataOf, type Zoo } from "./zoo.ts";

async function refused(zoo: Zoo, expected: RegExp, hint: RegExp): Promise<void> {
  assert.throws(() => zoo.registry.find("x://there?token=hunter2"), (error) => {
    assert(error instanceof EndpointError);
    assert.match(error.message, /^invalid endpoint "x:\/\/there\?token=\*\*\*": the plugin \//);
    assert.match(error.message, expected);
    assert.match(error.hint, hint);
    return true;
  });
  // The suggested command fixes the problem.
  const command = /run: (.*)$/.exec(hintOf(zoo))?.[1];
  if (command === undefined) return;
  const mended = await new Deno.Command("sh", { args: ["-c", command] }).output();
  assert(mended.success, command);
  zoo.registry.find("x://there");
}

function hintOf(zoo: Zoo): string {
  try {
    zoo.registry.find("x://there");
    return "";
  } catch (error) {
    return (error as EndpointError).hint;
  }
}

for (
  const [mode, who, remedy] of [
    [0o757, "everyone", "o-w"],
    [0o775, "its group", "g-w"],
    [0o777, "everyone", "go-w"],
  ] as const
) {
  Deno.test(`a plugin of mode ${mode.toString(8)} is refused`, async () => {
    await using zoo = await makeZoo();
    const path = await zoo.add("x", "exit 1");
    await Deno.chmod(path, mode);
    const expected = new RegExp(`is not used: it can be written to by ${who}$`);
    await refused(zoo, expected, new RegExp(`^run: chmod ${remedy} /.*-x$`));
  });

  Deno.test(`a plugin in a folder of mode ${mode.toString(8)} is refused`, async () => {
    await using zoo = await makeZoo();
    await zoo.add("x", "exit 1");
    await Deno.chmod(zoo.folder, mode);
    const expected = new RegExp(`its folder /.*/plugins can be written to by ${who}$`);
    await refused(zoo, expected, new RegExp(`^run: chmod ${remedy} /.*/plugins$`));
  });
}

Deno.test("a plugin that is not executable is refused", async () => {
  await using zoo = await makeZoo();
  await Deno.chmod(await zoo.add("x", "exit 1"), 0o644);
  await refused(zoo, /it is not executable$/, /^run: chmod \+x /);
});

Deno.test("a plugin behind a link is checked at both ends", async () => {
  await using zoo = await makeZoo();
  const path = await zoo.add("x", "exit 1");
  await Deno.mkdir(`${zoo.folder}/open`);
  await Deno.rename(path, `${zoo.folder}/open/real`);
  await Deno.symlink(`${zoo.folder}/open/real`, path);
  zoo.registry.find("x://there");
  await Deno.chmod(`${zoo.folder}/open`, 0o777);
  await refused(zoo, /its folder \/.*\/open can be written to by everyone$/, /^run: chmod go-w/);
  await Deno.remove(`${zoo.folder}/open/real`);
  await refused(zoo, /there is no such file$/, /^check the path$/);
});

Deno.test({ name: "a plugin of another user is refused", ignore: skip(needsRoot()) }, async () => {
  await using zoo = await makeZoo();
  await Deno.chown(await zoo.add("x", "exit 1"), 12345, null);
  await refused(zoo, /it belongs to user 12345, not root$/, /^if you trust it, run: chown 0 /);
});

Deno.test("the first folder with the plugin wins", async () => {
  await using zoo = await makeZoo();
  await using other = await makeZoo();
  const says = (text: string) => `echo ${text} >&2; exit 1`;
  const env: Record<string, string> = {
    FAIRLEAD_PLUGIN_PATH: `relative:${zoo.folder}`,
    XDG_DATA_HOME: `${other.folder}/data`,
    PATH: `.:${other.folder}`,
    XDG_CACHE_HOME: `${zoo.folder}/cache`,
  };
  const registry = createRegistry([unix], createPlugins((name) => env[name]));
  const meets = async (expected: RegExp, at = registry) =>
    assert.match((await failure({ ...zoo, registry: at }, "x://there")).message, expected);

  assert.throws(() => registry.find("x://there"), /unknown scheme "x"/);
  await other.add("x", says("PATH"));
  await meets(/: PATH$/);
  const data = `${other.folder}/data/fairlead/transports`;
  await Deno.mkdir(data, { recursive: true });
  await Deno.rename(await zoo.add("x", says("data")), `${data}/fairlead-transport-x`);
  await meets(/: data$/);
  await zoo.add("x", says("folder"));
  await meets(/: folder$/);
  const named = await other.add("y", says("named"), echo(metadataOf("x")));
  await meets(/: named$/, registry.withPlugin("x", named));
});

Deno.test("a built-in scheme is replaced by name alone", async () => {
  await using zoo = await makeZoo();
  const path = await zoo.add("unix", "echo mine >&2; exit 1");
  const registry = createRegistry([unix], createPlugins(zoo.env));
  assert.equal(registry.find("unix:///s"), unix);
  const error = await failure(
    { ...zoo, registry: registry.withPlugin("unix", path) },
    "unix:///s",
  );
  assert.match(error.message, /: mine$/);
});

Deno.test("modules are not taken from PATH, nor programs that can't be run", async () => {
  await using zoo = await makeZoo({ FAIRLEAD_PLUGIN_PATH: "" });
  const registry = createRegistry(
    [],
    createPlugins((name) => name === "PATH" ? zoo.folder : zoo.env(name)),
  );
  await Deno.writeTextFile(`${zoo.folder}/fairlead-transport-x.js`, "export default {}");
  await Deno.chmod(await zoo.add("z", "exit 1"), 0o644);
  assert.throws(() => registry.find("x://there"), /unknown scheme "x"/);
  assert.throws(() => registry.find("z://there"), /unknown scheme "z"/);
});
