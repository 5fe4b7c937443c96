/**
 * The work of a binary without a daemon, on each platform that has a release. The release runs this
 * on every file before it publishes (FAIRLEAD_TEST_BINARY).
 */
import assert from "node:assert/strict";
import { version } from "../../version.ts";
import { run } from "../harness/run.ts";
import { compileInto } from "./binary.ts";
import { succeeds } from "../harness/ended.ts";

// Without FAIRLEAD_TEST_BINARY the test makes a file, which needs a POSIX shell to run.
const ignore = !Deno.env.get("FAIRLEAD_TEST_BINARY") && Deno.build.os === "windows";

Deno.test({ name: "binary: commands that need no daemon run", ignore }, async () => {
  const folder = await Deno.makeTempDir({ prefix: "fl-basics-" });
  try {
    const binary = await compileInto(folder);
    const env = {
      ...{ FAIRLEAD_CACHE: `${folder}/cache`, BUILDX_CONFIG: `${folder}/store` },
      ...{ DOCKER_CONFIG: `${folder}/docker`, DOCKER_HOST: "", NO_COLOR: "1" },
    };
    const fairlead = (...args: string[]) => run(binary, args, { cwd: folder, env });
    const said = await fairlead("version");
    assert.ok(said.stdout.startsWith(`fairlead ${version.number} `), said.stdout + said.stderr);
    assert.match((await fairlead("--help")).stdout, /^ {2}build +Start a build\r?$/m);
    const created = await fairlead("create", "--name=far", "--driver=remote", "tcp://127.0.0.1:1");
    assert.equal(created.stdout.trim(), "far", created.stderr);
    assert.match((await fairlead("ls")).stdout, /^far +remote/m);
    // These parts are in files of their own: bake's language, YAML, ssh, certificates.
    await Deno.writeTextFile(`${folder}/a.hcl`, 'target "app" { tags = [upper("a")] }\n');
    await Deno.writeTextFile(`${folder}/compose.yaml`, "services: { web: { build: . } }\n");
    const files = ["-f", "a.hcl", "-f", "compose.yaml"];
    const baked = await fairlead("bake", "--print", ...files, "app", "web");
    assert.deepEqual(JSON.parse(baked.stdout).target.app.tags, ["A"], baked.stderr);
    const ssh = await run(binary, ["inspect"], {
      cwd: folder,
      env: { ...env, BUILDKIT_HOST: "ssh://user@127.0.0.1:1" },
    });
    assert.match(ssh.stdout + ssh.stderr, /refused/i);
    await succeeds(fairlead("certs", "create", "certs", "--host", "a.example"));
    assert.equal((await fairlead("rm", "far")).code, 0);
    const wrong = await fairlead("ls", "--nope");
    assert.match(wrong.stderr, /unknown flag: --nope/);
    assert.notEqual(wrong.code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
});
