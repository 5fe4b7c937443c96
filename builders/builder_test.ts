import assert from "node:assert/strict";
import { builderFile, tempStore } from "../tests/commands/temp_store.ts";
import { allBuilders, chooseBuilder, openStore } from "./builder.ts";
import { driverOf } from "./drivers/all.ts";

const key = "unix:///var/run/docker.sock";
const host = { BUILDKIT_HOST: "tcp://env:1" };
const chosen = JSON.stringify({ Key: key, Name: "chosen", Global: false });
const elsewhere = JSON.stringify({ Key: "tcp://other:1", Name: "chosen", Global: false });
const everywhere = JSON.stringify({ Key: "tcp://other:1", Name: "chosen", Global: true });
const gone = JSON.stringify({ Key: key, Name: "gone", Global: false });
const none = JSON.stringify({ Key: key, Name: "", Global: false });

interface Case {
  name?: string;
  env?: Record<string, string>;
  current?: string;
  remembered?: string;
}

// The builder that is chosen, by what there is.
const table: [string, Case, string][] = [
  ["nothing", {}, "default docker context"],
  ["BUILDKIT_HOST", { env: host }, "buildkit-host BUILDKIT_HOST"],
  ["use", { current: chosen }, "chosen store"],
  ["use over BUILDKIT_HOST", { current: chosen, env: host }, "chosen store"],
  ["a name over use", { name: "named", current: chosen, env: host }, "Named store"],
  ["a name in other case", { name: "NAMED" }, "Named store"],
  [
    "use for another docker endpoint",
    { current: elsewhere, env: host },
    "buildkit-host BUILDKIT_HOST",
  ],
  ["use --global", { current: everywhere, env: host }, "chosen store"],
  ["use of a builder that is gone", { current: gone, env: host }, "buildkit-host BUILDKIT_HOST"],
  ["use default", { current: none }, "default docker context"],
  ["use --default", { remembered: "chosen" }, "chosen store"],
  [
    "use --default behind another's use",
    { current: elsewhere, remembered: "named" },
    "Named store",
  ],
  ["use --default behind use", { current: gone, remembered: "named" }, "default docker context"],
  ["a garbled current", { current: "garbage", remembered: "named" }, "Named store"],
  [
    "DOCKER_HOST",
    { current: chosen, env: { DOCKER_HOST: "tcp://other:1" } },
    "default docker context",
  ],
  [
    "the name of BUILDKIT_HOST's",
    { name: "buildkit-host", env: host },
    "buildkit-host BUILDKIT_HOST",
  ],
  ["a docker context by name", { name: "default", current: chosen }, "default docker context"],
];

for (const [what, { name = "", env = {}, current, remembered }, expected] of table) {
  Deno.test(`chooseBuilder() by ${what}`, async () => {
    using temp = tempStore();
    temp.write("instances/named", builderFile("Named", "tcp://named:1"));
    temp.write("instances/chosen", builderFile("chosen", "tcp://chosen:1"));
    if (current !== undefined) temp.write("current", current);
    if (remembered !== undefined) temp.write("defaults/13c4025c96f36e94b348", remembered);
    const files = temp.files();
    const vars: Record<string, string> = { ...temp.env, ...env };
    const read = (name: string) => vars[name];
    const builder = await chooseBuilder(openStore(read), read, name);
    assert.equal(`${builder.name} ${builder.origin}`, expected);
    assert.deepEqual(temp.files(), files);
  });
}

Deno.test("chooseBuilder() needs no home, and nothing on disk, for BUILDKIT_HOST", async () => {
  for (const home of [undefined, "/proc/none"]) {
    const vars: Record<string, string | undefined> = { ...host, HOME: home };
    const env = (name: string) => vars[name];
    const builder = await chooseBuilder(openStore(env), env, "");
    assert.equal(builder.nodes[0]!.endpoint, "tcp://env:1");
  }
});

const errors: [string, string, string, string][] = [
  ["a name near another", "nmaed", 'no builder "nmaed" found', "did you mean Named?"],
  [
    "a name like no other",
    "xyzzy",
    'no builder "xyzzy" found',
    "'fairlead ls' lists the builders; to create this one: fairlead create --name xyzzy ENDPOINT",
  ],
  [
    "an endpoint",
    "unix:///x",
    'no builder "unix:///x" found',
    "to use an endpoint, create a builder for it: fairlead create --name NAME ENDPOINT",
  ],
  ["a name that is none", "../x", 'no builder "../x" found', ""],
];
for (const [what, name, message, hint] of errors) {
  Deno.test(`chooseBuilder() refuses ${what}`, async () => {
    using temp = tempStore();
    temp.write("instances/named", builderFile("Named", "tcp://named:1"));
    const env = (name: string) => temp.env[name];
    await assert.rejects(chooseBuilder(openStore(env), env, name), (error: Error) => {
      assert.equal(error.name, "BuilderError");
      assert.equal(error.message, message);
      if (hint) assert.equal((error as { hint?: string }).hint, hint);
      return true;
    });
  });
}

Deno.test("allBuilders() lists stored ones, BUILDKIT_HOST, then docker contexts", () => {
  using temp = tempStore();
  temp.write("instances/k8s", builderFile("k8s", "kubernetes:///x", "kubernetes"));
  temp.write("instances/a", builderFile("a", "tcp://a:1"));
  temp.write("instances/bad", "garbage");
  const vars: Record<string, string> = { ...temp.env, ...host };
  const env = (name: string) => vars[name];
  assert.deepEqual(allBuilders(openStore(env), env).map((builder) => builder.name), [
    "a",
    "k8s",
    "buildkit-host",
    "default",
  ]);
});

Deno.test("driverOf() names a driver that fairlead doesn't support", () => {
  using temp = tempStore();
  temp.write("instances/far", builderFile("far", "cloud://x", "cloud"));
  const env = (name: string) => temp.env[name];
  const [far] = allBuilders(openStore(env), env);
  assert.throws(() => driverOf(far!), {
    message: "builder far has the driver cloud, which fairlead doesn't support",
  });
});
