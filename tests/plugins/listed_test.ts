/**
 * The printed location of a builder behind a plugin, without the secrets that its plugin declares.
 */
import assert from "node:assert/strict";
import { fairlead } from "../harness/fairlead.ts";
import { environment } from "./surroundings.ts";
import { echo, makeZoo, metadataOf } from "./zoo.ts";
import { succeeds } from "../harness/ended.ts";

Deno.test("a plugin's secret options are never shown, and kept in the store", async () => {
  await using zoo = await makeZoo();
  const options = [{ name: "region" }, { name: "token", secret: true }];
  await zoo.add("x", "exit 1", echo(metadataOf("x", { options })));
  const env = await environment(zoo.folder);
  const endpoint = "X://There/Is?region=eu%20west&token=hunter2";
  await succeeds(fairlead(["create", "--name=far", endpoint], { env }));

  const shown = "X://There/Is?region=eu%20west&token=***";
  const words: string[][] = [
    ["ls"],
    ["ls", "--format=json"],
    ["ls", "--format={{.DriverEndpoint}} {{json .Builder}}"],
    ["inspect", "far"],
    ["inspect", "far", "--bootstrap", "--timeout=1ms"],
    ["create", "--name=far", "--append", "--node=second", endpoint],
  ];
  for (const args of words) {
    const { stdout, stderr } = await fairlead(args, { env });
    assert.doesNotMatch(stdout + stderr, /hunter2/, args.join(" "));
    if (args[0] === "ls") assert(stdout.includes(shown), stdout);
  }
  const { stdout } = await fairlead(["inspect", "far"], { env });
  assert(stdout.includes(`Endpoint: ${shown}\n`), stdout);
  const stored = await Deno.readTextFile(`${env.BUILDX_CONFIG}/instances/far`);
  assert(stored.includes("token=hunter2"), stored);
});
