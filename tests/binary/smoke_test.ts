/**
 * A user's first steps, by the self-extracting binary, in roots of three kinds and an empty
 * environment: a shell with its glibc, a static busybox without any libc, and a shell on musl.
 */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";
import { dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { startSshd } from "../harness/sshd.ts";
import { missing, need } from "../harness/tool.ts";
import { bareRoot, compileInto, type RootOptions, tempFolder, VERSION } from "./binary.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = Deno.build.os !== "linux" ||
  skip(
    needsRoot() ?? await missing("busybox", "buildkitd", "runc", "sshd", "openssl", "containerd") ??
      (await dockerEngine()).reason,
  );
const programs = ["mkdir", "chmod", "ls", "dd", "rm", "sleep", "uname", "id"];
const roots: readonly RootOptions[] = [
  { shell: "dash", programs },
  { shell: "busybox" },
  { shell: "musl", programs },
];
/** A plugin that is a program, and one that starts fairlead itself. */
const PLUGIN = `#!/bin/sh
[ "$1" = metadata ] && exec echo '{"protocol":{"min":1,"max":1},"name":"self","version":"1.0.0","schemes":["self"],"summary":"itself","handshake":"none"}'
[ "$LD_LIBRARY_PATH" = /their/own ] || exit 1
BUILDKIT_HOST=unix:///buildkit.sock exec /fairlead dial-stdio
`;

Deno.test({
  name: "binary: first steps in a root with glibc, without any libc, and with musl",
  ignore,
}, async (test) => {
  await using made = await tempFolder();
  const binary = await compileInto(made.path);
  await using certs = await makeCerts();
  const tls = { ...certs.server, ca: certs.ca.cert };
  const [daemon, sshd, engine] = await Promise.all([
    startBuildkitd({ tcp: true, tls }),
    startSshd(),
    startDockerd(),
  ]);
  try {
    for (const options of roots) {
      await test.step(options.shell, async () => {
        await using root = await bareRoot(binary, options);
        const file = (name: string) => `${root.path}/${name}`;
        const home = ["HOME=/home", "LD_LIBRARY_PATH=/their/own"];
        await root.mount(daemon.socket, "buildkit.sock");
        await root.mount(engine.socket, "docker.sock");
        for (const name of ["context", "plugins"]) await Deno.mkdir(file(name));
        const busybox = await need("busybox");
        await Deno.copyFile(busybox, file("context/busybox"));
        await Deno.writeTextFile(file("context/hello"), "hello\n");
        const docker = "FROM scratch\nCOPY hello /\n";
        await Deno.writeTextFile(file("context/Dockerfile"), docker);
        await Deno.writeTextFile(file("context/Broken"), "FROM scratch\nCOPY absent /\n");
        const sleeps = 'FROM scratch\nCOPY busybox /\nRUN ["/busybox","sleep","60"]\n';
        await Deno.writeTextFile(file("context/Sleeps"), sleeps);
        const bake = 'target "default" {\n  context = "/context"\n  output = ["/baked"]\n}\n';
        await Deno.writeTextFile(file("docker-bake.hcl"), bake);
        for (
          const [name, path] of [
            ["ca", certs.ca.cert],
            ["cert", certs.client.cert],
            ["key", certs.client.key],
            ["ssh_key", sshd.key],
            ["known_hosts", sshd.knownHosts],
          ] as const
        ) await Deno.copyFile(path, file(name));
        await Deno.chmod(file("ssh_key"), 0o600);
        await Deno.writeTextFile(file("plugins/fairlead-transport-self"), PLUGIN, { mode: 0o755 });
        const examples = new URL("../../examples/transports/", import.meta.url);
        const module = "fairlead-transport-socket.ts";
        await Deno.copyFile(new URL(module, examples), file(`plugins/${module}`));

        // Ten first starts at once.
        const starts = await Promise.all(
          Array.from({ length: 10 }, () => root.fairlead(["version"], ...home)),
        );
        for (const { stdout, stderr } of starts) assert.match(stdout, VERSION, stderr);
        assert.equal([...Deno.readDirSync(file("home/.cache/fairlead"))].length, 1);

        const create = ["create", "--name=far", "--driver=remote", "--use"];
        const driver = ["cacert=/ca", "cert=/cert", "key=/key"].map((one) => `--driver-opt=${one}`);
        const created = await root.fairlead([...create, ...driver, daemon.tcp], ...home);
        assert.equal(created.stdout, "far\n", created.stderr);
        const inspected = await root.fairlead(["inspect"], ...home);
        assert.match(inspected.stdout, /^Status: +running$/m, inspected.stdout);
        const ways = {
          "tcp with mTLS": "",
          unix: "unix:///buildkit.sock",
          ssh:
            `ssh://${sshd.user}@127.0.0.1:${sshd.port}${daemon.socket}?identity=/ssh_key&knownHosts=/known_hosts`,
          "a plugin that is a program": "self://x",
          "a plugin that is a module": "socket:///buildkit.sock",
        };
        for (const [name, host] of Object.entries(ways)) {
          const env = [
            ...home,
            "FAIRLEAD_PLUGIN_PATH=/plugins",
            ...host ? [`BUILDKIT_HOST=${host}`] : [],
          ];
          const built = await root.fairlead(["build", "-o=/out", "/context"], ...env);
          assert.equal(built.code, 0, `${name}: ${built.stderr}`);
          assert.equal(await Deno.readTextFile(file("out/hello")), "hello\n", name);
          await Deno.remove(file("out"), { recursive: true });
        }
        const host = "BUILDKIT_HOST=unix:///buildkit.sock";
        const bakeAll = ["bake", "-f=/docker-bake.hcl", "--allow=fs=*"];
        await succeeds(root.fairlead(bakeAll, ...home, host));
        assert.equal(await Deno.readTextFile(file("baked/hello")), "hello\n");

        const load = ["build", "--load", `-t=smoke:${options.shell}`, "/context"];
        await succeeds(root.fairlead(load, ...home, host, "DOCKER_HOST=unix:///docker.sock"));
        const { stdout: images } = await engine.docker("image", "ls", "smoke");
        assert.match(images, new RegExp(`^smoke +${options.shell} `, "m"));

        const build = ["build", "-f=/context/Broken", "/context"];
        const broken = await fails(root.fairlead(build, ...home, host));
        assert.match(broken.stderr, /ERROR: failed to build: failed to solve: .*absent/);
        const interrupted = await interrupt(
          root.path,
          ["build", "--progress=plain", "-f=/context/Sleeps", "/context"],
          [...home, host],
        );
        assert.equal(interrupted.code, 130, interrupted.stderr);
      });
    }
    await test.step("packaging/Dockerfile", async () => {
      await using context = await tempFolder();
      await Deno.copyFile(binary, `${context.path}/fairlead`);
      await Deno.copyFile(await need("busybox"), `${context.path}/busybox`);
      const file = new URL("../../packaging/Dockerfile", import.meta.url).pathname;
      const args = ["build", "--progress=plain", "--no-cache", "-f", file, context.path];
      const env = { BUILDKIT_HOST: daemon.address, FAIRLEAD_CACHE: `${made.path}/cache` };
      const { stderr } = await succeeds(run(binary, args, { env }));
      assert.match(stderr, /^#\d+ [\d.]+ fairlead v\d/m);
    });
  } finally {
    await Promise.all([daemon, sshd, engine].map((one) => one.stop()));
  }
});

/** Starts it in a root, and sends SIGINT when its step sleeps. */
async function interrupt(root: string, args: readonly string[], env: readonly string[]) {
  const child = new Deno.Command("env", {
    args: ["-i", ...env, "/usr/sbin/chroot", root, "/fairlead", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let stderr = "";
  let sent = false;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    if (!sent && /RUN .*sleep/.test(stderr)) {
      sent = true;
      child.kill("SIGINT");
    }
  }
  return { code: (await child.status).code, stderr };
}
