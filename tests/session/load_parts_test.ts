/** `--load` sends real engines only the layers that they lack; a proxy counts the bytes. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { type DockerdOptions, dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { startPodman } from "../harness/podman.ts";
import { check } from "../harness/run.ts";
import { type Proxy, startProxy } from "../harness/proxy.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { randomBytes } from "../harness/random.ts";
import { succeeds } from "../harness/ended.ts";

const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "buildx", "runc", "busybox", "docker-registry");
const address = reason === undefined ? (await sharedBuildkitd()).address : "";

const MIB = 1 << 20;
/** The size of the layer that stays. */
const BIG = 12 * MIB;

/** An engine with its own program. */
interface Engine extends AsyncDisposable {
  readonly address: string;
  run(...args: string[]): Promise<string>;
}

async function docker(options: DockerdOptions): Promise<Engine> {
  const engine = await startDockerd(options);
  return {
    address: engine.address,
    run: async (...args) => (await engine.docker(...args)).stdout.trim(),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

async function podman(): Promise<Engine> {
  const engine = await startPodman();
  return {
    address: engine.address,
    run: async (...args) => (await engine.podman(...args)).stdout.trim(),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

interface Kind {
  readonly name: string;
  readonly ignore: boolean;
  /** The unusual images are left to another engine with the same code. */
  readonly brief?: true;
  /** The engine keeps images in containerd. */
  readonly containerd?: true;
  readonly podman?: true;
  start(): Promise<Engine>;
}

const ofDocker = async (name: string, options: DockerdOptions): Promise<Kind> => ({
  name,
  // Debian's unstable branch is not there on every day.
  ignore: skip(reason ?? (await dockerEngine(options.engine)).reason, {
    optional: options.engine === "sid",
  }),
  start: () => docker(options),
});

const kinds: readonly Kind[] = [
  { ...await ofDocker("docker 20.10", { engine: "bookworm" }), brief: true },
  await ofDocker("docker 26.1", { engine: "trixie" }),
  { ...await ofDocker("docker 28.5", { engine: "sid", store: "graph" }), brief: true },
  {
    ...await ofDocker("docker 28.5 with its containerd store", { engine: "sid" }),
    containerd: true,
  },
  { name: "podman", ignore: skip(reason ?? await missing("podman")), podman: true, start: podman },
];

function writeBig(space: Workspace, name: string, size = BIG): void {
  Deno.mkdirSync(space.path("ctx"), { recursive: true });
  Deno.writeFileSync(space.path(`ctx/${name}`), randomBytes(size));
}

const COPIES = "FROM scratch\nCOPY big /\nCOPY small /\n";

interface Loaded {
  readonly stderr: string;
  /** Bytes that went to the engine. */
  readonly sent: number;
}

/** Builds the context, and loads the image. */
async function load(
  kind: Kind,
  space: Workspace,
  proxy: Proxy,
  ...args: string[]
): Promise<Loaded> {
  const before = proxy.bytes.up;
  const output = kind.podman ? "--output=type=docker,load=podman" : "--load";
  const env = kind.podman ? { CONTAINER_HOST: proxy.address } : { DOCKER_HOST: proxy.address };
  const { stderr } = await succeeds(space.fairlead(
    ["build", output, "--progress=plain", "--provenance=false", ...args, "ctx"],
    env,
  ));
  return { stderr, sent: proxy.bytes.up - before };
}

/** The files in an image's layers, by the engine's own `save`, from the lowest layer. */
async function savedFiles(engine: Engine, space: Workspace, name: string): Promise<string[]> {
  const folder = space.path("saved");
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  Deno.mkdirSync(folder);
  await engine.run("save", "--output", `${folder}/tar`, name);
  await check("tar", ["-xf", `${folder}/tar`, "-C", folder]);
  const [{ Layers }] = JSON.parse(space.read("saved/manifest.json"));
  const found: string[] = [];
  for (const layer of Layers) {
    const { stdout } = await check("tar", ["-tf", `${folder}/${layer}`]);
    found.push(...stdout.trim().split("\n"));
  }
  return found;
}

for (const kind of kinds) {
  Deno.test({
    name: `${kind.name}: a load sends the layers that the engine lacks`,
    ignore: kind.ignore,
  }, async (t) => {
    await using engine = await kind.start();
    let onLoad: (() => void) | undefined;
    await using proxy = await startProxy({
      to: engine.address,
      hear(bytes) {
        if (new TextDecoder().decode(bytes.subarray(0, 20)).startsWith("POST /images/load")) {
          onLoad?.();
        }
      },
    });
    await using space = await workspace(address);
    writeBig(space, "big");
    const change = () => space.write({ "ctx/small": crypto.randomUUID() });
    const dockerfile = (text: string) => space.write({ "ctx/Dockerfile": text });
    const idOf = (name: string) => engine.run("images", "-q", "--no-trunc", name);
    const all = async () =>
      (await engine.run("images", "-a", "-q", "--no-trunc")).split("\n").filter((id) => id);
    const remove = async () => {
      for (const id of new Set(await all())) await engine.run("rmi", "--force", id);
    };
    /** Loads the context, and compares with what buildx loads into an engine without the image. */
    async function loads(names: readonly string[], files: readonly string[]): Promise<Loaded> {
      const tags = names.map((name) => `--tag=${name}`);
      const loaded = await load(kind, space, proxy, ...tags, "--iidfile=id");
      for (const name of names) equal(await idOf(name), space.read("id"), name);
      deepEqual(await savedFiles(engine, space, names[0]!), files);
      return loaded;
    }

    await t.step("the first load sends everything", async () => {
      dockerfile(COPIES);
      change();
      const { sent } = await loads(["a/b:1"], ["big", "small"]);
      ok(sent > BIG, `${sent} bytes were sent`);
    });

    await t.step("only a changed layer is sent again, for one name or several", async () => {
      change();
      const one = await loads(["a/b:1"], ["big", "small"]);
      ok(one.sent < MIB, `${one.sent} bytes were sent`);
      match(one.stderr, /^#\d+ sending tarball/m);
      const lines = one.stderr.match(/^#\d+ (?:\d|importing|loading layer).*/gm) ?? [];
      const shown = new Set(lines.map((line) => line.replace(/ [0-9a-f]{12} .*|^#\d+ /g, "")));
      const layer = kind.containerd || kind.podman ? [] : ["loading layer"];
      deepEqual([...shown], [`importing to ${kind.podman ? "podman" : "docker"}`, ...layer]);
      change();
      const two = await loads(["d:1", "e/f:2"], ["big", "small"]);
      ok(two.sent < MIB, `${two.sent} bytes were sent`);
    });

    await t.step("an image that is removed during the load", async () => {
      change();
      const removed = Promise.withResolvers<void>();
      onLoad = () => {
        onLoad = undefined;
        proxy.stall(true, "up");
        remove().then(removed.resolve, removed.reject).finally(() => proxy.stall(false));
      };
      const loading = loads(["a/b:1"], ["big", "small"]);
      await removed.promise;
      const { sent, stderr } = await loading;
      match(stderr, /no longer has a layer of the image: everything is sent/);
      ok(sent > BIG, `${sent} bytes were sent`);
      equal(new Set(await all()).size, 1, "nothing else is left in the engine");
    });

    await t.step("the image is the one that buildx loads", async () => {
      change();
      await loads(["a/b:1"], ["big", "small"]);
      const id = await idOf("a/b:1");
      await remove();
      await succeeds(space.buildx(
        ["build", "--load", "--provenance=false", "-t", "a/b:1", "ctx"],
        { DOCKER_HOST: engine.address },
      ));
      equal(await idOf("a/b:1"), id);
      await engine.run("rmi", "a/b:1");
      equal((await all()).length, 0);
    });

    if (kind.brief) return;
    await t.step("empty layers, and a base below", async () => {
      dockerfile("FROM busybox\nCOPY big /\nRUN true\nCOPY small /\nRUN true\n");
      await load(kind, space, proxy, "-t", "g");
      change();
      const { sent } = await load(kind, space, proxy, "-t", "g", "--iidfile=id");
      ok(sent < MIB, `${sent} bytes were sent`);
      equal(await idOf("g"), space.read("id"));
      const files = await savedFiles(engine, space, "g");
      ok(files.includes("big") && files.includes("small") && files.includes("bin/busybox"));
    });

    await t.step("a layer that is present in some places only", async () => {
      const linked = (...names: string[]) =>
        dockerfile(`FROM scratch\n${names.map((name) => `COPY --link ${name} /\n`).join("")}`);
      // A linked copy is the same layer wherever it is.
      linked("big", "small", "big");
      change();
      await loads(["h"], ["big", "small", "big"]);
      linked("small", "big");
      await loads(["h"], ["small", "big"]);
    });

    await t.step("two loads at once", async () => {
      dockerfile(COPIES);
      const others = await Promise.all(["one", "two"].map(async (name) => {
        await using other = await workspace(address);
        Deno.mkdirSync(other.path("ctx"));
        Deno.linkSync(space.path("ctx/big"), other.path("ctx/big"));
        other.write({ "ctx/Dockerfile": COPIES, "ctx/small": crypto.randomUUID() });
        await load(kind, other, proxy, "-t", name, "--iidfile=id");
        return { name, id: other.read("id") };
      }));
      for (const { name, id } of others) {
        equal(await idOf(name), id);
        deepEqual(await savedFiles(engine, space, name), ["big", "small"]);
      }
    });

    if (!kind.containerd) return;
    await t.step("platforms and attestations", async () => {
      const index = ["--platform=linux/amd64,linux/arm64", "--provenance=mode=max", "-t", "i"];
      change();
      await load(kind, space, proxy, ...index);
      change();
      const { sent } = await load(kind, space, proxy, ...index, "--iidfile=id");
      ok(sent < MIB, `${sent} bytes were sent`);
      equal(await idOf("i"), space.read("id"));
      await engine.run("save", "--output", space.path("saved/tar"), "i");
      const { stdout } = await check("tar", ["-tf", space.path("saved/tar")]);
      const blobs = stdout.split("\n").filter((name) => /^blobs\/sha256\/./.test(name));
      // The index; for each platform two manifests, two configurations, two layers and a statement.
      equal(blobs.length, new Set(blobs).size);
      ok(blobs.length >= 11, stdout);
    });
  });
}
