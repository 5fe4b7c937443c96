import assert from "node:assert/strict";
import { run } from "../tests/commands/fake_deps.ts";
import { builderFile, tempStore } from "../tests/commands/temp_store.ts";

const hashed = "defaults/13c4025c96f36e94b348";

const good: [string[], Record<string, string>, string, string | undefined][] = [
  [["one"], {}, '{"Key":"unix:///var/run/docker.sock","Name":"one","Global":false}', undefined],
  [
    ["ONE", "--global"],
    {},
    '{"Key":"unix:///var/run/docker.sock","Name":"ONE","Global":true}',
    undefined,
  ],
  [
    ["one", "--default"],
    {},
    '{"Key":"unix:///var/run/docker.sock","Name":"one","Global":false}',
    "one",
  ],
  [["one"], { DOCKER_HOST: "tcp://h:1" }, '{"Key":"tcp://h:1","Name":"one","Global":false}', "old"],
  [["one"], { DOCKER_CONTEXT: "prod" }, '{"Key":"prod","Name":"one","Global":false}', "old"],
  [["default"], {}, '{"Key":"unix:///var/run/docker.sock","Name":"","Global":false}', undefined],
  [["prod"], { DOCKER_CONTEXT: "prod" }, '{"Key":"prod","Name":"","Global":false}', "old"],
  [
    ["--builder", "one"],
    {},
    '{"Key":"unix:///var/run/docker.sock","Name":"one","Global":false}',
    undefined,
  ],
];
for (const [words, env, current, remembered] of good) {
  Deno.test(`use ${words.join(" ")} with ${JSON.stringify(env)}`, async () => {
    using temp = tempStore();
    temp.write("instances/one", builderFile("one", "tcp://h:1"));
    temp.write(hashed, "old");
    const ran = await run(["use", ...words], { env: { ...temp.env, ...env } });
    assert.deepEqual(ran, { code: 0, stdout: "", stderr: "" });
    assert.equal(temp.read("current"), current);
    assert.equal(temp.files().includes(hashed) ? temp.read(hashed) : undefined, remembered);
  });
}

const bad: [string[], Record<string, string>, string][] = [
  [["oen"], {}, 'hint: did you mean one?\nERROR: failed to find instance "oen"\n'],
  [
    ["xyzzy"],
    {},
    "hint: 'fairlead ls' lists the builders\nERROR: failed to find instance \"xyzzy\"\n",
  ],
  [
    [],
    {},
    "hint: name a builder: fairlead use NAME; 'fairlead ls' lists them\n" +
    'ERROR: failed to find instance "": invalid name , name needs to start with a letter and may not contain symbols, except ._-\n',
  ],
  [
    ["default"],
    { DOCKER_CONTEXT: "prod" },
    "ERROR: run `docker context use default` to switch to default context\n",
  ],
  [
    ["buildkit-host"],
    { BUILDKIT_HOST: "tcp://h:1" },
    "hint: run 'fairlead use default' to select no other builder\nERROR: buildkit-host is the builder of BUILDKIT_HOST, which is used when no other builder is selected\n",
  ],
];
for (const [words, env, message] of bad) {
  Deno.test(`use ${words.join(" ")} is refused with ${JSON.stringify(env)}`, async () => {
    using temp = tempStore();
    temp.write("instances/one", builderFile("one", "tcp://h:1"));
    const ran = await run(["use", ...words], { env: { ...temp.env, ...env } });
    assert.deepEqual(ran, { code: 1, stdout: "", stderr: message });
    assert.deepEqual(temp.files(), ["instances/one"]);
  });
}

Deno.test("stop does nothing to a remote builder, and refuses others", async () => {
  using temp = tempStore();
  temp.write("instances/one", builderFile("one", "tcp://h:1"));
  temp.write("instances/k8s", builderFile("k8s", "cloud:///x", "cloud"));
  assert.deepEqual(await run(["stop", "one"], { env: temp.env }), {
    code: 0,
    stdout: "",
    stderr: "",
  });
  assert.match((await run(["stop", "k8s"], { env: temp.env })).stderr, /driver cloud/);
});
