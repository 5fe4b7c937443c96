/**
 * The manual's snippets for GitLab and Woodpecker (docs/ci.md): their commands run in a root with a
 * busybox and nothing else, as in the image that they name, with a release, a daemon and a registry
 * of the test's.
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { bareRoot, compileInto, tempFolder } from "../binary/binary.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { startRegistry } from "../harness/registry.ts";
import { check, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { succeeds } from "../harness/ended.ts";
import { fileServer } from "../harness/web_server.ts";

const ignore = Deno.build.target !== "x86_64-unknown-linux-gnu" ||
  skip(needsRoot() ?? await missing("busybox", "buildkitd", "runc", "docker-registry"));
const root = new URL("../..", import.meta.url).pathname;
const RELEASES = "https://github.com/fairlead/fairlead/releases";
const password = { user: "me", password: "secret" };

/** A job's commands, and the variables that its service sets. */
interface Job {
  readonly commands: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/** The snippet below a heading of the page, as a value. */
function snippet(page: string, heading: string) {
  const part = page.split(`\n## ${heading}\n`)[1]!;
  return parse(/```yaml\n(.*?)```/s.exec(part)![1]!);
}

/** Replaces `$NAME`, as GitLab does in the values of variables. */
function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => values[name] ?? "");
}

Deno.test({
  name: "the snippets for GitLab and Woodpecker install, build and push in busybox alone",
  ignore,
}, async (test) => {
  await using made = await tempFolder();
  const name = "fairlead-linux-x64";
  await Deno.rename(await compileInto(made.path), `${made.path}/${name}`);
  await check("gzip", ["-1", "--keep", `${made.path}/${name}`]);
  const { stdout: sum } = await check("sha256sum", [name, `${name}.gz`], { cwd: made.path });
  const latest = "/latest/download";
  await using server = fileServer({
    [`${latest}/SHA256SUMS`]: sum,
    [`${latest}/${name}.gz`]: await Deno.readFile(`${made.path}/${name}.gz`),
    [`${latest}/install.sh`]: await Deno.readFile(`${root}install.sh`),
  });
  const [daemon, registry] = await Promise.all([startBuildkitd(), startRegistry({ password })]);
  try {
    const page = await Deno.readTextFile(`${root}docs/ci.md`);
    const gitlab = snippet(page, "GitLab")["build-image"];
    const woodpecker = snippet(page, "Woodpecker").steps.image;
    const { user, password: secret } = password;
    const auth = { auths: { [registry.host]: { username: user, password: secret } } };
    const given = {
      ...{ CI_REGISTRY: registry.host, CI_REGISTRY_IMAGE: `${registry.host}/gitlab` },
      ...{ CI_REGISTRY_USER: user, CI_REGISTRY_PASSWORD: secret, CI_COMMIT_SHA: "abc" },
    };
    const jobs: Record<string, Job> = {
      gitlab: {
        commands: [...gitlab.before_script, ...gitlab.script],
        variables: {
          ...given,
          DOCKER_AUTH_CONFIG: expand(gitlab.variables.DOCKER_AUTH_CONFIG, given),
        },
      },
      woodpecker: {
        commands: woodpecker.commands.map((line: string) =>
          line.replace("registry.example/app", `${registry.host}/woodpecker`)
        ),
        variables: { CI_COMMIT_SHA: "abc", DOCKER_AUTH_CONFIG: JSON.stringify(auth) },
      },
    };
    for (const [service, { commands, variables }] of Object.entries(jobs)) {
      await test.step(service, async () => {
        assert.ok(commands.every((line) => !/&&|;/.test(line)), "each command stands alone");
        // The program itself isn't there yet.
        const busybox = await need("busybox");
        await using machine = await bareRoot(busybox, { shell: "busybox", programs: ["gzip"] });
        await machine.mount(daemon.socket, "buildkit.sock");
        for (const name of ["builds", "dev"]) await Deno.mkdir(`${machine.path}/${name}`);
        await machine.mount("/dev/null", "dev/null");
        await Deno.writeTextFile(`${machine.path}/builds/Dockerfile`, "FROM scratch\nCOPY . /\n");
        const script = ["cd /builds", ...commands].join("\n").replaceAll(RELEASES, server.url);
        const env = Object.entries({
          ...{ HOME: "/root", PATH: "/usr/local/bin:/usr/bin:/bin", FAIRLEAD_DOWNLOAD: server.url },
          ...{ BUILDKIT_HOST: "unix:///buildkit.sock", ...variables },
        }).map(([name, value]) => `${name}=${value}`);
        const chroot = ["/usr/sbin/chroot", machine.path, "/bin/sh", "-ec", script];
        const { stdout } = await succeeds(run("env", ["-i", ...env, ...chroot]));
        assert.match(stdout, /^installed \/usr\/local\/bin\/fairlead \(latest\)$/m);
        const manifest = await fetch(`${registry.url}/v2/${service}/manifests/abc`, {
          headers: {
            authorization: `Basic ${btoa(`${user}:${secret}`)}`,
            accept: "application/vnd.oci.image.index.v1+json",
          },
        });
        assert.equal(manifest.status, 200);
        await manifest.body?.cancel();
      });
    }
  } finally {
    await Promise.all([daemon, registry].map((one) => one.stop()));
  }
});
