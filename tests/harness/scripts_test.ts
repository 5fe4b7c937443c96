import assert from "node:assert/strict";
import { run } from "./run.ts";
import { sharedBuildkitd } from "./shared.ts";
import { needsRoot, skip } from "./skip.ts";
import { missing } from "./tool.ts";
import { removedLater } from "./remove_folder.ts";
import { fails, succeeds } from "./ended.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const ignore = skip(
  needsRoot() ?? await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox"),
);

if (!ignore) {
  const { address } = await sharedBuildkitd();
  Deno.test("scripts/demo runs what it built, on the daemon of BUILDKIT_HOST", async () => {
    const out = await Deno.makeTempDir();
    const env = { BUILDKIT_HOST: address, USER: "tester" };
    const ran = await run(`${root}/scripts/demo`, [out], { env });
    await Deno.remove(out, { recursive: true });
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /^Hello, tester! A step on BuildKit \(Linux/m);
  });
}

Deno.test("scripts/fairlead runs through symlinks, from any folder, and keeps arguments and exit code", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.mkdir(`${dir}/a b`);
  await Deno.symlink(`${root}/scripts/fairlead`, `${dir}/direct`);
  await Deno.symlink("../direct", `${dir}/a b/relative`);
  const version = await succeeds(run(`${dir}/a b/relative`, ["version"], { cwd: "/" }));
  assert.match(version.stdout, /^fairlead /);
  const wrong = await run("./relative", ["no such  command", ""], { cwd: `${dir}/a b` });
  await Deno.remove(dir, { recursive: true });
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /no such {2}command/);
});

Deno.test({
  name:
    "scripts/fairlead without a home that can be written keeps its caches in the temporary folder",
  ignore: Deno.build.os !== "linux",
}, async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  // A stand-in for Deno that prints where it would put its packages.
  const deno =
    `#!/bin/sh\n[ "$1" != --version ] || { echo deno 2.9.6; exit; }\necho "<$DENO_DIR>"\n`;
  await Deno.mkdir(`${dir}/bin`);
  await Deno.writeTextFile(`${dir}/bin/deno`, deno, { mode: 0o755 });
  const start = (HOME: string, TMPDIR = dir) =>
    run(`${root}/scripts/fairlead`, ["ls"], {
      env: {
        ...{ HOME, TMPDIR, DENO_DIR: "", XDG_CACHE_HOME: "" },
        PATH: `${dir}/bin:${Deno.env.get("PATH")}`,
      },
    });
  const own = `${dir}/fairlead-${Deno.uid()}`;
  // No user, root included, can make folders there.
  assert.equal((await start("/proc")).stdout, `<${own}/deno>\n`);
  assert.equal((await Deno.stat(own)).mode! & 0o777, 0o700);
  assert.equal((await start(`${dir}/home`)).stdout, "<>\n");
  await Deno.remove(own, { recursive: true });
  await Deno.symlink("home", own);
  const { stderr } = await fails(start("/proc"));
  assert.match(
    stderr,
    /^fairlead: no folder for Deno: \/proc\S+ \(.*\), \S+ \(.*\): set XDG_CACHE_HOME/,
  );
});

Deno.test({
  name: "scripts/deno runs nothing from a folder that another user can change",
  ignore: Deno.build.os !== "linux" || skip(needsRoot()),
}, async () => {
  const forms: [uid: number, mode: number][] = [[1234, 0o755], [0, 0o777], [0, 0o775]];
  for (const [uid, mode] of forms) {
    const dir = await Deno.makeTempDir();
    await using _ = removedLater(dir);
    const planted = `${dir}/cache/fairlead/deno-2.9.6/node_modules/@deno/x`;
    await Deno.mkdir(planted, { recursive: true });
    await Deno.writeTextFile(`${planted}/deno`, "#!/bin/sh\necho planted\n", { mode: 0o755 });
    await run("chown", ["-R", `${uid}`, `${dir}/cache`]);
    await Deno.chmod(`${dir}/cache`, mode);
    // There is neither Deno nor npm: so it would be run, or nothing.
    const env = {
      XDG_CACHE_HOME: `${dir}/cache`,
      TMPDIR: dir,
      PATH: "/usr/sbin:/usr/bin:/bin",
    };
    const script = `command() { [ "$2" != npm ] && [ "$2" != deno ] && builtin command "$@"; }
          export -f command; exec bash ${root}/scripts/deno --version`;
    const { stdout, stderr } = await run("bash", ["-c", script], { env });
    assert.doesNotMatch(stdout, /planted/, `${uid} ${mode.toString(8)}`);
    assert.match(stderr, /^fairlead: needs Deno 2\.9\.6/m);
    // The same by root's own hand is run.
    await run("chown", ["-R", "0", `${dir}/cache`]);
    await Deno.chmod(`${dir}/cache`, 0o755);
    assert.equal((await run("bash", ["-c", script], { env })).stdout, "planted\n");
  }
});

Deno.test("scripts/deno doesn't take itself for the Deno on PATH", async () => {
  const dir = await Deno.makeTempDir();
  const brought = `${dir}/cache/fairlead/deno-2.9.6/node_modules/@deno/some`;
  const program = async (path: string, text: string) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  // A stand-in for Deno; and the script itself, which gives up when it calls itself on and on.
  await program(`${brought}/deno`, "echo brought");
  await program(
    `${dir}/bin/deno`,
    `echo called >>${dir}/log; [ "$(wc -l <${dir}/log)" -lt 9 ] || exit 1; exec ${root}/scripts/deno "$@"`,
  );
  const ran = await run("deno", [], {
    env: { PATH: `${dir}/bin:${Deno.env.get("PATH")}`, XDG_CACHE_HOME: `${dir}/cache` },
  });
  const calls = (await Deno.readTextFile(`${dir}/log`)).split("\n").length - 1;
  await Deno.remove(dir, { recursive: true });
  assert.equal(ran.stdout, "brought\n", ran.stderr);
  assert.equal(calls, 2);
});
