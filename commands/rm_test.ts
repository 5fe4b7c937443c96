import assert from "node:assert/strict";
import type { ConnectOptions } from "../builders/connect.ts";
import { fakeDaemon, run } from "../tests/commands/fake_deps.ts";
import { builderFile, type TempStore, tempStore } from "../tests/commands/temp_store.ts";

function store() {
  const temp = tempStore();
  temp.write("instances/up", builderFile("Up", "tcp://127.0.0.1:1"));
  temp.write("instances/down", builderFile("down", "tcp://127.0.0.1:2"));
  temp.write("instances/k8s", builderFile("k8s", "cloud:///k8s", "cloud"));
  temp.write("instances/broken", "{");
  return temp;
}

const builders = (temp: { files(): string[] }) =>
  temp.files().filter((file) => file.startsWith("instances/")).map((file) => file.slice(10)).join(
    " ",
  );

function connect({ endpoint }: ConnectOptions) {
  return endpoint.endsWith(":1")
    ? Promise.resolve(fakeDaemon())
    : Promise.reject(new Deno.errors.ConnectionRefused("no"));
}

Deno.test("rm removes builders by name, each on its own", async () => {
  using temp = store();
  const { code, stdout, stderr } = await run(["rm", "UP", "nope", "--keep-state", "down"], {
    env: temp.env,
  });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    'UP removed\nfailed to remove nope: no builder "nope" found\n' +
      "  hint: 'fairlead ls' lists the builders; to create this one: fairlead create --name nope ENDPOINT\n" +
      "down removed\nERROR: failed to remove one or more builders\n",
  );
  assert.equal(builders(temp), "broken k8s");
});

Deno.test("rm takes a broken file, or another driver's builder, only by its name", async () => {
  using temp = store();
  const { code, stderr } = await run(["rm", "broken", "k8s"], { env: temp.env });
  assert.equal(code, 0);
  assert.equal(
    stderr,
    "broken removed\nWARNING: k8s was removed here, but the daemons that the driver cloud started for it " +
      "still run: fairlead doesn't support that driver\nk8s removed\n",
  );
  assert.equal(builders(temp), "down up");
});

Deno.test("rm without a name removes the chosen builder", async () => {
  using temp = store();
  temp.write("current", '{"Key":"unix:///var/run/docker.sock","Name":"up","Global":false}');
  assert.equal((await run(["rm"], { env: temp.env })).stderr, "Up removed\n");
  const { code, stderr } = await run(["rm"], { env: temp.env });
  assert.equal(code, 1);
  assert.match(stderr, /^failed to remove default: context builder cannot be removed, run `docker/);
});

Deno.test("rm of BUILDKIT_HOST's builder is refused", async () => {
  using temp = store();
  const env = { ...temp.env, BUILDKIT_HOST: "tcp://h:1" };
  assert.match(
    (await run(["rm"], { env })).stderr,
    /buildkit-host is the builder of BUILDKIT_HOST/,
  );
});

const removed =
  "k8s kept: only buildx can remove what the driver cloud has started\ndown removed\n";

Deno.test("rm --all-inactive --force removes builders that don't answer, but no other driver's", async () => {
  using temp = store();
  const { code, stderr } = await run(["rm", "--all-inactive", "-f"], { env: temp.env, connect });
  assert.equal(code, 0);
  assert.match(stderr, /instances\/broken is skipped, because it contains no builder/);
  assert.ok(stderr.endsWith(removed), stderr);
  assert.equal(builders(temp), "broken k8s up");
});

for (
  const [answer, left] of [["y\n", "broken k8s up"], ["Y\r\n", "broken k8s up"], ["n\n", "all"], [
    "",
    "all",
  ]]
) {
  Deno.test(`rm --all-inactive asks, and ${JSON.stringify(answer)} leaves ${left}`, async () => {
    using temp = store();
    const options = { env: temp.env, connect, stdin: answer! };
    const { code, stdout } = await run(["rm", "--all-inactive"], options);
    assert.equal(code, 0);
    assert.equal(
      stdout,
      "WARNING! This will remove all builders that are not in running state. " +
        "Are you sure you want to continue? [y/N] ",
    );
    assert.equal(builders(temp), left === "all" ? "broken down k8s up" : left);
  });
}

Deno.test("rm --all-inactive leaves a builder that changed while it was asked", async () => {
  using temp = store();
  const { stderr } = await run(["rm", "--all-inactive", "-f"], {
    env: temp.env,
    connect: (options) => {
      temp.write("instances/down", builderFile("down", "tcp://127.0.0.1:3"));
      return connect(options);
    },
  });
  assert.doesNotMatch(stderr, /removed/);
});

/** An engine that is a mock, so that it can look at the store while it removes a container. */
async function withEngine(temp: TempStore, onRemoval: () => void, test: () => Promise<void>) {
  const path = `${temp.path}/engine`;
  const server = Deno.serve({ path, onListen() {} }, ({ method, url }) => {
    if (method === "DELETE" && url.includes("/containers/")) onRemoval();
    const name = /containers\/(buildx_buildkit_\w+)\/json/.exec(url)?.[1];
    return name === undefined
      ? new Response(null, { status: 204 })
      : Response.json({ State: {}, Mounts: [{ Name: `${name}_state` }] });
  });
  for (const name of ["made", "other"]) {
    const file = builderFile(name, `unix://${path}`, "docker-container");
    temp.write(`instances/${name}`, file);
  }
  try {
    await test();
  } finally {
    await server.shutdown();
  }
}

Deno.test("rm --all-inactive doesn't hold the store's lock while it removes daemons", async () => {
  using temp = store();
  const free: boolean[] = [];
  const onRemoval = () => {
    using lock = Deno.openSync(`${temp.path}/.lock`, { write: true, create: true });
    free.push(lock.tryLockSync(true));
  };
  await withEngine(temp, onRemoval, async () => {
    const { code, stderr } = await run(["rm", "--all-inactive", "-f"], { env: temp.env, connect });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^made removed$/m);
    assert.match(stderr, /^other removed$/m);
  });
  assert.deepEqual(free, [true, true]);
  assert.equal(builders(temp), "broken k8s up");
});

Deno.test("rm --all-inactive leaves a builder that changed while its daemon was removed", async () => {
  using temp = store();
  const onRemoval = () => temp.write("instances/made", builderFile("made", "tcp://h:1"));
  await withEngine(temp, onRemoval, async () => {
    const { code, stderr } = await run(["rm", "--all-inactive", "-f"], { env: temp.env, connect });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /^made removed$/m);
  });
  assert.equal(builders(temp), "broken k8s made up");
});

Deno.test("rm NAME --all-inactive is refused", async () => {
  using temp = store();
  const { code, stderr } = await run(["rm", "up", "--all-inactive"], { env: temp.env });
  assert.deepEqual([code, stderr], [
    1,
    "ERROR: cannot specify builder name when --all-inactive is set\n",
  ]);
});
