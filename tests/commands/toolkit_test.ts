/**
 * Docker's own client for GitHub Actions, npm's `@docker/actions-toolkit`, with us in buildx's
 * place: as docker's plugin, and as a program called `buildx`.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { buildxVersion } from "../../version.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { pluginWorld } from "./plugin_world.ts";

const toolkit = "npm:@docker/actions-toolkit@0.101.0/lib";

/**
 * The reason why the package is missing. It is fetched when it is not there yet (50 MB with its
 * dependencies).
 */
async function noToolkit(): Promise<string | undefined> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-lock", `${toolkit}/toolkit.js`],
    cwd: "/",
    stderr: "null",
  }).output();
  return success ? undefined : "npm's @docker/actions-toolkit could not be fetched";
}

const ignore = skip(
  needsRoot() ??
    await missing("docker", "buildx", "buildkitd", "runc", "busybox", "docker-registry") ??
    await noToolkit(),
);

const shared = ignore ? undefined : await sharedBuildkitd();

/** The calls of a workflow, with one line of JSON for each result. */
const driver = `
import { Buildx } from "${toolkit}/buildx/buildx.js";
import { Builder } from "${toolkit}/buildx/builder.js";
import { Build } from "${toolkit}/buildx/build.js";
import { Bake } from "${toolkit}/buildx/bake.js";
import { History } from "${toolkit}/buildx/history.js";
import { ImageTools } from "${toolkit}/buildx/imagetools.js";
import { Exec } from "${toolkit}/exec.js";
import process from "node:process";
const buildx = new Buildx({ standalone: process.env.STANDALONE === "1" });
const said = {};
// Some of the toolkit's commands echo the commands that they run.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
const exec = async (args) => {
  const { command, args: all } = await buildx.getCommand(args);
  return await Exec.getExecOutput(command, all, { silent: true, ignoreReturnCode: true });
};
said.available = await buildx.isAvailable();
said.version = await buildx.version();
said.satisfies = await buildx.versionSatisfies(">=0.30.0");
const created = await exec(["create", "--name", "made", "--driver", "remote", "--use", process.env.ADDRESS]);
said.created = [created.exitCode, created.stdout.trim()];
const builder = new Builder({ buildx });
said.exists = [await builder.exists("made"), await builder.exists("nope")];
said.inspect = await builder.inspect("made");
const build = new Build({ buildx });
const built = await exec([
  "build", "--iidfile", build.getImageIDFilePath(), "--metadata-file", build.getMetadataFilePath(),
  "--build-arg", "GREETING=hello, world", "--label", "a=b",
  "--output", "type=image,name=" + process.env.IMAGE + ",push=true", "ctx",
]);
said.built = [built.exitCode, built.exitCode === 0 ? "" : built.stderr];
said.id = build.resolveImageID();
said.metadata = build.resolveMetadata();
said.ref = build.resolveRef();
said.digest = build.resolveDigest();
const history = new History({ buildx });
const exported = await history.export({ refs: [said.ref] });
said.exported = { size: exported.dockerbuildSize, summaries: exported.summaries };
const tools = new ImageTools({ buildx });
said.manifest = await tools.inspectManifest({ name: process.env.IMAGE });
said.image = await tools.inspectImage({ name: process.env.IMAGE });
if (process.env.BAKE) {
  said.bake = await new Bake({ buildx }).getDefinition({ files: ["bake.hcl"], targets: ["app"] });
}
write(JSON.stringify(said));
`;

for (const standalone of [false, true]) {
  Deno.test({
    ignore,
    name: `actions-toolkit, ${
      standalone ? "with a program called buildx" : "with docker's plugin"
    }`,
  }, async () => {
    const { address, registry } = shared!;
    await using world = await pluginWorld(address);
    const { space, env } = world;
    const hasBake = (await space.fairlead(["bake", "--help"])).code === 0;
    await world.fairlead("install", "--buildx");
    space.write({
      "driver.mjs": driver,
      "ctx/Dockerfile": "FROM busybox\nARG GREETING\nRUN echo $GREETING > /greeting\n",
      "bake.hcl": 'target "app" {\n  dockerfile = "D"\n  args = { A = "1" }\n}\n',
      "bin/none": "",
    });
    Deno.symlinkSync(
      new URL("../../scripts/fairlead", import.meta.url).pathname,
      space.path("bin/buildx"),
    );
    Deno.mkdirSync(space.path("tmp"));
    const image = `${registry}/toolkit-${crypto.randomUUID().slice(0, 8)}:1`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-lock", "driver.mjs"],
      cwd: space.dir,
      env: {
        ...env,
        PATH: `${space.path("bin")}:${env["PATH"]}`,
        BUILDX_BUILDER: "",
        STANDALONE: standalone ? "1" : "0",
        ADDRESS: address,
        IMAGE: image,
        RUNNER_TEMP: space.path("tmp"),
        GITHUB_REPOSITORY: "me/app",
        ...hasBake && { BAKE: "1" },
      },
    }).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    const said = JSON.parse(new TextDecoder().decode(stdout));
    equal(said.available, true);
    equal(`v${said.version}`, buildxVersion);
    equal(said.satisfies, true);
    deepEqual(said.created, [0, "made"]);
    deepEqual(said.exists, [true, false]);
    const [node] = said.inspect.nodes;
    equal(said.inspect.name, "made");
    equal(said.inspect.driver, "remote");
    equal(node.endpoint, address);
    equal(node.status, "running");
    match(node.buildkit, /^v\d/);
    match(node.platforms, /linux\/amd64|linux\/arm64/);
    ok(node.gcPolicy.length > 0);
    deepEqual(said.built, [0, ""]);
    match(said.id, /^sha256:[0-9a-f]{64}$/);
    match(said.ref, /^made\/made0\/\w+$/);
    equal(said.digest, said.metadata["containerimage.digest"]);
    const [summary] = Object.values(said.exported.summaries) as Record<string, unknown>[];
    equal(summary!["status"], "completed");
    equal(summary!["error"], "");
    ok(said.exported.size > 1000);
    equal(said.manifest.digest, said.digest);
    equal(said.image.config.Labels.a, "b");
    if (hasBake) deepEqual(said.bake.target.app.args, { A: "1" });
  });
}
