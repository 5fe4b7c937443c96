/** Caches and outputs in folders, compared with buildx. */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { type InWorkspace, inWorkspace, programs, type Workspace, workspace } from "./workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

function blobs(space: Workspace, folder: string): string[] {
  return [...Deno.readDirSync(space.path(`${folder}/blobs/sha256`))].map(({ name }) => name).sort();
}

async function checkBlobs(space: Workspace, folder: string): Promise<void> {
  for (const name of blobs(space, folder)) {
    const path = space.path(`${folder}/blobs/sha256/${name}`);
    const sum = await crypto.subtle.digest("SHA-256", Deno.readFileSync(path));
    assert.equal(new Uint8Array(sum).toHex(), name);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o444);
  }
}

test("a layout of several names is what buildx writes", async (space) => {
  const big = "b".repeat(5 << 20) + crypto.randomUUID();
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY . /\n", "ctx/big": big });
  for (const type of ["oci", "docker"]) {
    // buildx 0.36 can't do that with docker: "both file and store output is not supported".
    for (const program of type === "docker" ? ["fairlead"] as const : programs) {
      await succeeds(space[program]([
        "build",
        "--provenance=false",
        "--build-arg=SOURCE_DATE_EPOCH=1700000000",
        `-o=type=${type},tar=false,dest=${program}/${type},compression=uncompressed`,
        "-t=a/b:c",
        "-t=d",
        "ctx",
      ]));
      await checkBlobs(space, `${program}/${type}`);
    }
    if (type === "docker") continue;
    assert.deepEqual(blobs(space, `fairlead/${type}`), blobs(space, `buildx/${type}`));
    const index = (program: string) => JSON.parse(space.read(`${program}/${type}/index.json`));
    assert.deepEqual(index("fairlead"), index("buildx"));
    assert.equal(
      space.read(`fairlead/${type}/oci-layout`),
      space.read(`buildx/${type}/oci-layout`),
    );
    const names = (program: string) =>
      [...Deno.readDirSync(space.path(`${program}/${type}`))].map(({ name }) => name).sort();
    assert.deepEqual(names("fairlead"), names("buildx"));
  }
});

test("a layout without a name is `latest`, and names are replaced", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /\n" });
  for (const [at, args] of [[], ["-t=x:1"], [], ["-t=x:1"]].entries()) {
    space.write({ "ctx/a": crypto.randomUUID() });
    for (const program of programs) {
      await succeeds(space[program]([
        "build",
        ...args,
        `-o=type=oci,tar=false,dest=${program}`,
        "ctx",
      ]));
    }
    const index = (program: string) =>
      JSON.parse(space.read(`${program}/index.json`)).manifests.map(
        ({ annotations: { "org.opencontainers.image.created": _, ...names } }: {
          annotations: Record<string, string>;
        }) => names,
      );
    assert.deepEqual(index("fairlead"), index("buildx"), `${at}`);
  }
});

test("a cache folder is written by one program and read by the other", async () => {
  for (const order of [["fairlead", "buildx"], ["buildx", "fairlead"]] as const) {
    await using space = await workspace(shared.address);
    const dockerfile = `FROM busybox\nRUN echo ${crypto.randomUUID()} >/f\n`;
    space.write({ "ctx/Dockerfile": dockerfile });
    const [first, second] = order;
    await succeeds(space[first]([
      "build",
      "--cache-to=type=local,dest=cache/dir,mode=max,tag=v1",
      "ctx",
    ]));
    await checkBlobs(space, "cache/dir");
    // A fresh daemon has nothing in its cache.
    await using daemon = await freshDaemon();
    const far = { BUILDKIT_HOST: daemon.address, BUILDX_BUILDER: "" };
    const env = second === "fairlead" ? far : await buildxOn(space, daemon.address);
    const read = await succeeds(space[second](
      ["build", "--progress=plain", "--cache-from=type=local,src=cache/dir,tag=v1", "ctx"],
      env,
    ));
    assert.match(read.stderr, /importing cache manifest from local:/);
    assert.match(read.stderr, /RUN echo [^]*\n#\d+ CACHED/);
  }
});

async function freshDaemon() {
  const config = `[registry."docker.io"]\n  mirrors = ["${shared.registry}"]\n` +
    `[registry."${shared.registry}"]\n  http = true\n`;
  const daemon = await startBuildkitd({ config });
  return { address: daemon.address, [Symbol.asyncDispose]: () => daemon.stop() };
}

async function buildxOn(space: Workspace, address: string): Promise<Record<string, string>> {
  await succeeds(space.buildx(["create", "--name=other", "--driver=remote", address]));
  return { BUILDX_BUILDER: "other" };
}

test("reset=true keeps what the index refers to", async (space) => {
  const args = (
    program: string,
  ) => ["build", `--cache-to=type=local,dest=${program},reset=true`, "ctx"];
  for (let round = 0; round < 2; round++) {
    space.write({ "ctx/Dockerfile": `FROM busybox\nRUN echo ${crypto.randomUUID()} >/f\n` });
    for (const program of programs) {
      await succeeds(space[program](args(program)));
    }
    // Each build has a config and a manifest, which contain times, and two layers.
    assert.equal(blobs(space, "fairlead").length, blobs(space, "buildx").length);
    await checkBlobs(space, "fairlead");
  }
  // Nothing was cached, and the build succeeded.
  space.write({ "ctx/Dockerfile": "FROM scratch\nLABEL a=b\n" });
  for (const program of programs) {
    const made = await succeeds(space[program]([
      "build",
      "--cache-to=type=local,dest=new,reset=true",
      "ctx",
    ]));
    assert.ok(
      made.stderr.includes(
        "WARNING: failed to reset cache store: reset: failed to read index.json: could not read " +
          "new/index.json: open new/index.json: no such file or directory\n",
      ),
      made.stderr,
    );
  }
});

test("a cache that isn't there is warned of, and the build goes on", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nLABEL a=b\n" });
  for (const program of programs) {
    space.write({ "empty/index.json": "{}" });
    const digest = `sha256:${"0".repeat(64)}`;
    const from = ["nowhere", "empty", "empty,tag=x", `empty,digest=${digest}`]
      .map((src) => `--cache-from=type=local,src=${src}`);
    const { stderr } = await succeeds(space[program](["build", ...from, "ctx"]));
    for (
      const why of [
        "nowhere skipped due to err: could not read nowhere/index.json: open nowhere/index.json: " +
        "no such file or directory",
        "empty skipped: no digest found for tag latest",
        "empty skipped: no digest found for tag x",
        `empty skipped: digest ${digest} unavailable: content ${digest}: not found`,
      ]
    ) assert.ok(stderr.includes(`WARNING: local cache import at ${why}\n`), `${why}\n${stderr}`);
  }
});

test("mode=delete outside of the working folder needs a permission", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /\n", "ctx/a": "a", "ctx/out/old": "" });
  for (const program of programs) {
    await succeeds(space[program](["build", "-o=type=local,mode=delete,dest=out", "ctx"]));
    const itself = await fails(
      space[program](["build", "-o=type=local,mode=delete,dest=.", "ctx"]),
    );
    assert.match(
      itself.stderr,
      /mode=delete for destination "\." requires --allow=buildx\.local/,
    );
    const away = await Deno.makeTempDir({ prefix: "fairlead-away-" });
    try {
      Deno.writeTextFileSync(`${away}/old`, "");
      const args = ["build", `-o=type=local,mode=delete,dest=${away}`, "ctx"];
      const refused = await fails(space[program](args));
      assert.match(refused.stderr, /requires --allow=buildx\.local\.delete/);
      await succeeds(space[program]([...args, "--allow=buildx.local.delete"]));
      assert.deepEqual([...Deno.readDirSync(away)].map(({ name }) => name), ["a"]);
      const valued = await space[program]([...args, "--allow=buildx.local.delete=true"]);
      assert.match(valued.stderr, /buildx\.local\.delete does not accept a value/);
    } finally {
      Deno.removeSync(away, { recursive: true });
    }
  }
});
