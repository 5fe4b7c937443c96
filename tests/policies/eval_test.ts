// deno-lint-ignore-file no-console
/**
 * `policy eval` and `policy test`, compared with buildx's, on the same daemon, images and files.
 */
import { succeeds } from "../harness/ended.ts";
import assert from "node:assert/strict";
import { comparable } from "../operate/beside.ts";
import { ignore, world } from "../operate/images.ts";
import type { Workspace } from "../build/workspace.ts";
import { seeded } from "../harness/random.ts";
import { engineModule } from "./engine_module.ts";
import { randomPolicy } from "./generator.ts";
import { panicsOnEvery } from "./verdict.ts";

const policy = `package docker
default allow := false
allow if input.local
allow if input.image.labels.a == "x<y>&z"
deny_msg contains sprintf("%v is not allowed", [input.image.ref]) if not allow
decision := {"allow": allow, "deny_msg": deny_msg}
`;

const env = ignore ? {} : { FAIRLEAD_POLICY_ENGINE: await engineModule() };

async function same(space: Workspace, args: readonly string[], what = args.join(" ")) {
  const theirs = await space.buildx(["policy", ...args]);
  const ours = await space.fairlead(["policy", ...args], env);
  if (panicsOnEvery(theirs)) {
    assert.match(
      ours.stderr,
      /^ERROR: the policy engine failed: interface conversion: .*\n$/,
      what,
    );
    return { ...ours, code: 1 };
  }
  assert.deepEqual(comparable(ours), comparable(theirs), what);
  return ours;
}

Deno.test({ name: "policy eval answers as in buildx", ignore }, async (t) => {
  const w = await world();
  await using space = w.space;
  space.write({
    "Dockerfile.rego": policy,
    "data.json": '{"ok": true}',
    "folder.rego/x": "",
    "empty.rego": "",
    "twice.rego": "package docker\nx := nothere\ny := neither\n",
    "lost.rego": 'package docker\nimport data.none.x\ndecision := {"allow": x.y}\n',
  });
  const image = (name: string) => `docker-image://${name}`;
  await t.step("verdicts", async () => {
    assert.equal((await same(space, ["eval", "."])).code, 0);
    assert.equal((await same(space, ["eval", image(w.several)])).code, 0);
    assert.equal((await same(space, ["eval", "https://127.0.0.1:1/x"])).code, 1);
  });
  await t.step("input documents", async () => {
    for (
      const fields of [[], ["image.labels"], ["image.provenance"], ["nope"], ["image.checksum"]]
    ) {
      const flags = fields.flatMap((field) => ["--fields", field]);
      await same(space, ["eval", "--print", ...flags, image(w.several)]);
    }
    for (
      const source of ["git://127.0.0.1/x.git#refs/tags/v1:sub", "http://127.0.0.1:1/a?b=c", "."]
    ) {
      await same(space, ["eval", "--print", source]);
    }
    await same(space, ["eval", "--print", "--platform", "linux/arm/v7", image(w.several)]);
  });
  await t.step("bad input", async () => {
    for (
      const args of [
        ["eval", "none"],
        ["eval", "docker-image://A"],
        ["eval", "-f", "none", "."],
        ["eval", "-f", "folder", "."],
        ["eval", "-f", "empty", "."],
        ["eval", "-f", "twice", "."],
        ["eval", "-f", "lost", "."],
        ["eval", "--platform", "x/y/z/w", "."],
        ["test", "none"],
        ["test", "data.json"],
        ["test", "--filename", "none", "."],
      ]
    ) assert.equal((await same(space, args)).code, 1);
  });
  await t.step("random policies", async () => {
    const seed = Number(Deno.env.get("FAIRLEAD_TEST_SEED") ?? 7);
    const rounds = Number(Deno.env.get("FAIRLEAD_TEST_ROUNDS") ?? 25);
    const random = seeded(seed);
    // An image without an index makes buildkitd 0.32.2 itself crash when its attestations are asked
    // for.
    const sources = [".", image(w.several), image(w.several), "https://127.0.0.1:1/x"];
    let denied = 0;
    for (let round = 0; round < rounds; round++) {
      const text = randomPolicy(random);
      space.write({ "random.rego": text });
      const source = sources[Math.floor(random() * sources.length)]!;
      const what = `seed ${seed}, round ${round}: ${source}\n${text}`;
      denied += (await same(space, ["eval", "-f", "random", source], what)).code;
    }
    console.log(`seed ${seed}: tried ${rounds}, denied or refused ${denied}`);
  });
});

Deno.test({ name: "policy test runs tests as buildx does", ignore }, async () => {
  const w = await world();
  await using space = w.space;
  space.write({
    "Dockerfile.rego": policy,
    "more/lib.rego": 'package more.lib\n\nname := "context"\n',
    "tests/a_test.rego": `package docker
import data.more.lib
test_local if decision.allow with input as {"local": {"name": "context"}}
test_import if lib.name == "context"
test_denied if not decision.allow with input as {"http": {"url": "https://x"}}
test_wrong if decision.allow with input as {"git": {"ref": "x"}}
test_value := false
not_a_test if true
`,
    "tests/b_test.rego": "package docker\ntest_other if true\n",
    "real/c_test.rego": `package docker
test_real if decision.allow with input as {"image": {"ref": "${w.several}"}}
`,
    "wrong/d_test.rego": "package docker\ntest_x if\n",
  });
  assert.equal((await same(space, ["test", "tests"])).code, 1);
  assert.equal((await same(space, ["test", "tests/b_test.rego"])).code, 0);
  assert.equal((await same(space, ["test", "--run", "local", "tests"])).code, 0);
  assert.equal((await same(space, ["test", "--run", "none", "tests"])).code, 1);
  // The image is looked up for the decision that is shown; the test itself has the input that it
  // gives.
  assert.equal((await same(space, ["test", "real"])).code, 1);
  assert.equal((await same(space, ["test", "."])).code, 1);
  const { stdout } = await succeeds(space.fairlead([
    "policy",
    "test",
    "--coverage",
    "tests/b_test.rego",
  ]));
  assert.match(stdout, /^Dockerfile\.rego: not reached: \d/m);
});
