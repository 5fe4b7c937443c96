/** The shipped program does the same as the program from source. */
import assert from "node:assert/strict";
import { runFlags } from "../../scripts/compile/run_flags.ts";
import { bundleFolder } from "../../scripts/bundle/program.ts";
import { run } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { workspace } from "./workspace.ts";
import { succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared();
const dist = await Deno.makeTempDir({ prefix: "fl-bundle-" });
addEventListener("unload", () => Deno.removeSync(dist, { recursive: true }));
await bundleFolder(dist, "0123");

Deno.test(
  { name: "the bundle builds, lists and refuses as the program from source does", ignore },
  async () => {
    const deno = Deno.execPath();
    await using space = await workspace(shared.address);
    space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /\n", "ctx/a": "bundled" });

    const fairlead = (...args: string[]) =>
      run(deno, [...runFlags, `${dist}/main.js`, ...args], { cwd: space.dir, env: space.env });
    await succeeds(fairlead("build", "-o=out", "ctx"));
    assert.equal(space.read("out/a"), "bundled");
    const listed = await fairlead("ls");
    assert.match(listed.stdout, /^test\*? +remote/m);
    assert.match(listed.stdout, /running/);
    assert.equal((await fairlead("build", "nowhere")).code, 1);
    assert.match((await fairlead("version")).stdout, /^fairlead v.* 0123$/m);
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
  },
);

/** An import statement; they come first in a file. */
const IMPORT = /import(?:[\w$*{},\s]+from)?"([^"]+)";/y;

Deno.test("the bundle: few files for what is counted, and none of node's modules", () => {
  const texts = new Map(
    [...Deno.readDirSync(dist)].filter(({ name }) => /\.(?:js|txt)$/.test(name))
      .map(({ name }) => [name, Deno.readTextFileSync(`${dist}/${name}`)]),
  );
  const imports = (file: string) => {
    const found: string[] = [];
    IMPORT.lastIndex = 0;
    for (let match; (match = IMPORT.exec(texts.get(file) ?? ""));) {
      found.push(match[1]!.replace("./", ""));
    }
    return found;
  };
  const closure = (file: string) => {
    const seen = new Set([file]);
    for (const one of seen) imports(one).forEach((name) => seen.add(name));
    return [...seen].sort();
  };
  assert.deepEqual(closure("main.js"), ["core.js", "main.js"]);
  assert.deepEqual(closure("start.js"), ["core.js", "start.js"]);
  assert.deepEqual(closure("ls.js"), ["client.js", "core.js", "ls.js", "start.js"]);
  const booting = ["client.js", "core.js", "progress.js", "start.js"];
  assert.deepEqual(closure("progress.js"), booting);
  assert.deepEqual(closure("builds.js"), ["builds.js", ...booting]);
  assert.deepEqual(closure("bake.js"), ["bake.js", "builds.js", ...booting]);
  for (const [name, text] of texts) {
    assert.doesNotMatch(text, /\bimport\(["'`]\.\//, `${name} names a late import`);
    assert.doesNotMatch(text, /\bcreateRequire\b|\b__dirname\b/, name);
  }
  const licences = texts.get("LICENCES.txt")!;
  for (const name of ["ssh2", "asn1", "yaml"]) {
    assert.match(licences, new RegExp(`^${name} [\\d.]+\\n\\n[^]*Copyright`, "m"));
  }
  // The CommonJS build of yaml loads node's modules.
  const yaml = [...texts].filter(([, text]) => text.includes("BLOCK_AS_IMPLICIT_KEY"));
  assert.ok(yaml.length > 0);
  for (const [name] of yaml) {
    assert.deepEqual(closure(name).filter((file) => /^node:/.test(file)), []);
  }
});
