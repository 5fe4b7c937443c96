/** The shipped program does the same as the program from source. */
import assert from "node:assert/strict";
import { runFlags } from "../../scripts/compile/run_flags.ts";
import { check, run } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { workspace } from "./workspace.ts";
import { succeeds } from "../harness/ended.ts";

const root = new URL("../..", import.meta.url).pathname;
const { ignore, shared } = await withShared();

Deno.test(
  { name: "the bundle builds, lists, refuses, and loads no more than it needs", ignore },
  async () => {
    const deno = Deno.execPath();
    await using space = await workspace(shared.address);
    const dist = space.path("dist");
    await check(deno, ["run", "-A", "--quiet", `${root}scripts/bundle.ts`, dist], {
      cwd: root,
    });
    space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /\n", "ctx/a": "bundled" });

    const fairlead = (...args: string[]) =>
      run(deno, [...runFlags, `${dist}/main.js`, ...args], { cwd: space.dir, env: space.env });
    await succeeds(fairlead("build", "-o=out", "ctx"));
    assert.equal(space.read("out/a"), "bundled");
    const listed = await fairlead("ls");
    assert.match(listed.stdout, /^test\*? +remote/m);
    assert.match(listed.stdout, /running/);
    assert.equal((await fairlead("build", "nowhere")).code, 1);
    assert.match((await fairlead("version")).stdout, /^fairlead v/);
    // The code of this scheme is loaded late, and contains a library.
    const ssh = await fairlead("inspect", "--bootstrap", "--timeout=1s", "none");
    assert.match(ssh.stderr, /no builder "none" found/);
    const away = await run(deno, [...runFlags, `${dist}/main.js`, "build", "ctx"], {
      cwd: space.dir,
      env: { ...space.env, BUILDX_BUILDER: "", BUILDKIT_HOST: "ssh://127.0.0.1:1" },
    });
    assert.match(away.stderr, /cannot reach ssh:\/\/127\.0\.0\.1:1: connection refused/);
    space.write({
      "kubeconfig": "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n" +
        'clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\n',
    });
    const pod = await run(deno, [...runFlags, `${dist}/main.js`, "build", "ctx"], {
      cwd: space.dir,
      env: {
        ...space.env,
        BUILDX_BUILDER: "",
        BUILDKIT_HOST: "kube-pod://x",
        KUBECONFIG: space.path("kubeconfig"),
      },
    });
    assert.match(
      pod.stderr,
      /the API server https:\/\/127\.0\.0\.1:1 can't be reached: connection/,
    );
    // The start loads few files, and no module of node.
    const needs = {
      main: ["core"],
      core: [],
      client: ["core"],
      progress: ["client", "core"],
      builds: ["client", "core", "progress"],
      ls: ["client", "core"],
      build: ["builds", "client", "core", "progress"],
      bake: ["builds", "client", "core", "progress"],
    };
    for (const [name, others] of Object.entries(needs)) {
      const text = await Deno.readTextFile(`${dist}/${name}.js`);
      const imports = new Set(text.match(/(?<=\bfrom ?")(\.\/|node:)[^"]+(?=")/g));
      assert.deepEqual([...imports].sort(), others.map((other) => `./${other}.js`), name);
    }
  },
);
