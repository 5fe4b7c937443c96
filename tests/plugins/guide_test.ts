/** docs/writing-a-transport.md to the letter: its files are written, its commands run. */
import assert from "node:assert/strict";
import { needsRoot, skip } from "../harness/skip.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { fairlead } from "../harness/fairlead.ts";
import { environment } from "./surroundings.ts";
import { examples } from "./zoo.ts";
import { removeFolder } from "../harness/remove_folder.ts";
import { succeeds } from "../harness/ended.ts";

const guide = await Deno.readTextFile(
  new URL("../../docs/writing-a-transport.md", import.meta.url),
);
const files = [...guide.matchAll(/^```\w+ (fairlead-transport-\S+)\n(.*?)^```$/gms)]
  .map(([, name, text]) => ({ name: name!, text: text! }));
const commands = [...guide.matchAll(/^ {4}\$ fairlead (.*)$/gm)].map(([, line]) => line!);

const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox");

if (!skip(reason)) {
  const socket = (await sharedBuildkitd()).address.slice("unix://".length);

  Deno.test("the guide leads from nothing to a passing kit", async (t) => {
    const home = await Deno.makeTempDir({ prefix: "fl-guide-" });
    const folder = `${home}/.local/share/fairlead/transports`;
    await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
    for (const { name, text } of files) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      await Deno.chmod(`${folder}/${name}`, text.startsWith("#!") ? 0o755 : 0o644);
    }
    const { FAIRLEAD_PLUGIN_PATH: _, XDG_DATA_HOME: __, ...env } = await environment(home);
    for (const line of commands) {
      await t.step(`fairlead ${line}`, async () => {
        const words = line.replace("/run/buildkit/buildkitd.sock", socket).split(" ");
        await succeeds(fairlead(words, { env: { ...env, HOME: home, XDG_DATA_HOME: "" } }));
      });
    }
    await removeFolder(home);
  });
}

Deno.test("the guide's first plugin is the sample's, and all its files are used", async () => {
  const stdio = files.find(({ name }) => name === "fairlead-transport-stdio");
  assert.equal(stdio?.text, await Deno.readTextFile(`${examples}/fairlead-transport-stdio`));
  assert.deepEqual(files.map(({ name }) => name), [
    "fairlead-transport-stdio",
    "fairlead-transport-careful",
    "fairlead-transport-direct.ts",
  ]);
  for (const { name } of files) {
    const scheme = name.slice("fairlead-transport-".length).replace(/\.ts$/, "");
    assert(commands.some((line) => line.startsWith(`transports test ${scheme}://`)), scheme);
  }
  assert.equal(commands.length, 6);
});
