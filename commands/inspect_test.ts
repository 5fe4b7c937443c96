import assert from "node:assert/strict";
import type { ConnectOptions } from "../builders/connect.ts";
import { DialError } from "../transports/errors.ts";
import { fakeDaemon, run } from "../tests/commands/fake_deps.ts";
import { builderFile, tempStore } from "../tests/commands/temp_store.ts";

const refused = (endpoint: string) =>
  new DialError("connection refused", {
    endpoint,
    step: "connect",
    code: "unreachable",
    hint: "start the daemon",
    retryable: true,
  });

function connect({ endpoint }: ConnectOptions) {
  return endpoint.endsWith(":1")
    ? Promise.resolve(fakeDaemon({
      CDIDevices: [
        {
          Name: "nvidia.com/gpu=all",
          AutoAllow: true,
          Annotations: { b: "2", a: "1" },
          OnDemand: false,
        },
        { Name: "vendor/dev=1", AutoAllow: false, Annotations: {}, OnDemand: true },
      ],
    }))
    : Promise.reject(refused(endpoint));
}

const two = JSON.stringify({
  Name: "Two",
  Driver: "remote",
  Nodes: [{
    Name: "two0",
    Endpoint: "tcp://h:1",
    Platforms: [{ architecture: "arm64", os: "linux" }],
    DriverOpts: { servername: 'a"b', "default-load": "true" },
    Flags: null,
    Files: null,
  }, { Name: "two1", Endpoint: "tcp://h:2", Platforms: null, DriverOpts: null }],
  Dynamic: false,
});

// The layout is buildx's, checked against its binary in tests/commands; below it is our `Error` and
// `Hint`.
const text = `Name:          Two
Driver:        remote
Last Activity: 2026-01-02 03:04:05 +0000 UTC

Nodes:
Name:             two0
Endpoint:         tcp://h:1
Driver Options:   default-load="true" servername="a\\"b"
Status:           running
BuildKit version: v0.32.2
Platforms:        linux/arm64*, linux/amd64, linux/amd64/v2, linux/amd64/v3, linux/386
Labels:
 org.mobyproject.buildkit.worker.executor:    oci
 org.mobyproject.buildkit.worker.snapshotter: overlayfs
Devices:
 Name:                  nvidia.com/gpu=all
 Automatically allowed: true
 Annotations:
            a: 1
            b: 2
 Name:      vendor/dev=1
 On-Demand: true
GC Policy rule#0:
 All:            false
 Filters:        type==source.local type==exec.cachemount
 Keep Duration:  48h0m0s
 Max Used Space: 488.3MiB
GC Policy rule#1:
 All:            true
 Reserved Space: 9.313GiB
 Max Used Space: 93.13GiB
 Min Free Space: 47.5GiB

Name:     two1
Endpoint: tcp://h:2
Status:   inactive
Error:    cannot reach tcp://h:2: connection refused
Hint:     start the daemon
`;

function store() {
  const temp = tempStore();
  temp.write("instances/two", two);
  temp.write("activity/Two", "2026-01-02T03:04:05Z");
  temp.write("instances/k8s", builderFile("k8s", "cloud:///k8s", "cloud"));
  temp.write("instances/odd", builderFile("odd", "tcp://nope"));
  return temp;
}

for (const words of [["inspect", "two"], ["--builder", "TWO", "inspect"]]) {
  Deno.test(`${words.join(" ")} prints a builder as buildx does`, async () => {
    using temp = store();
    const { code, stdout, stderr } = await run(words, { env: temp.env, connect });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: text, stderr: "" });
  });
}

Deno.test("inspect says why a builder of another driver, or an invalid endpoint, can't be used", async () => {
  using temp = store();
  const k8s = await run(["inspect", "k8s"], { env: temp.env, connect });
  assert.equal(
    k8s.stdout,
    `Name:   k8s
Driver: cloud

Nodes:
Name:     k8s0
Endpoint: cloud:///k8s
Status:   unsupported
Error:    builder k8s has the driver cloud, which fairlead doesn't support
Hint:     use buildx for it, or choose a builder with another driver: see 'fairlead ls'
`,
  );
  const odd = await run(["inspect", "odd"], { env: temp.env, connect });
  assert.match(odd.stdout, /\nError: +invalid endpoint "tcp:\/\/nope": it has no port\nHint: +add/);
});

Deno.test("inspect --debug lists what the driver can do", async () => {
  using temp = store();
  const { stdout } = await run(["inspect", "two", "-D"], { env: temp.env, connect });
  assert.match(
    stdout,
    /\nFeatures:\n Automatically load images to the Docker Engine image store: true\n Cache export: +true\n/,
  );
});

Deno.test("inspect --bootstrap waits for a daemon that is starting", async () => {
  using temp = tempStore();
  temp.write("instances/one", builderFile("one", "tcp://h:1"));
  let attempts = 0;
  const { code, stdout, stderr } = await run(["inspect", "--bootstrap", "one"], {
    env: temp.env,
    connect: ({ endpoint }) =>
      ++attempts < 3 ? Promise.reject(refused(endpoint)) : Promise.resolve(fakeDaemon()),
  });
  assert.equal(code, 0);
  assert.match(stdout, /Status: +running/);
  assert.equal(
    stderr,
    "waiting for one0: cannot reach tcp://h:1: connection refused\n  hint: start the daemon\n",
  );
});

Deno.test("inspect --bootstrap fails with the reason, at once when waiting can't help", async () => {
  using temp = tempStore();
  temp.write("instances/one", builderFile("one", "tcp://h:1"));
  const words = ["inspect", "--bootstrap", "one"];
  const wrong = new DialError("wrong CA", { endpoint: "tcp://h:1", step: "tls", code: "config" });
  const fatal = await run(words, { env: temp.env, connect: () => Promise.reject(wrong) });
  assert.deepEqual(fatal, {
    code: 1,
    stdout: "",
    stderr: "ERROR: cannot reach tcp://h:1: wrong CA\n",
  });
  const late = await run([...words, "--timeout", "500ms"], {
    env: temp.env,
    connect: ({ endpoint }) => Promise.reject(refused(endpoint)),
  });
  assert.deepEqual(late, {
    code: 1,
    stdout: "",
    stderr: "hint: start the daemon\nERROR: cannot reach tcp://h:1: connection refused\n",
  });
});

Deno.test("inspect of a name that isn't there suggests one", async () => {
  using temp = store();
  const { code, stderr } = await run(["inspect", "tow"], { env: temp.env, connect });
  assert.deepEqual({ code, stderr }, {
    code: 1,
    stderr: 'hint: did you mean Two?\nERROR: no builder "tow" found\n',
  });
});

Deno.test("a selected builder that takes precedence over BUILDKIT_HOST gets one warning", async () => {
  using temp = tempStore();
  temp.write("instances/one", builderFile("one", "tcp://h:1"));
  const host = { BUILDKIT_HOST: "tcp://env:1" };
  const connect = () => Promise.reject(new Error("nobody there"));
  const warnings = async (words: string[], env: Record<string, string>) =>
    (await run(words, { env: { ...temp.env, ...env }, connect })).stderr.match(/^WARNING.*/gm);
  const begin = 'WARNING: BUILDKIT_HOST is not used, because the builder "one" was selected by ';
  const byName = { ...host, BUILDX_BUILDER: "one" };
  assert.deepEqual(await warnings(["inspect"], byName), [
    `${begin}BUILDX_BUILDER; to use BUILDKIT_HOST: --builder buildkit-host, or unset BUILDX_BUILDER`,
  ]);
  assert.equal(await warnings(["inspect"], { BUILDX_BUILDER: "one" }), null);
  assert.equal(await warnings(["inspect"], host), null, "BUILDKIT_HOST is used");
  assert.equal((await run(["use", "one"], { env: temp.env })).code, 0);
  const byUse = [
    `${begin}'fairlead use'; to use BUILDKIT_HOST: --builder buildkit-host, or permanently 'fairlead use default'`,
  ];
  assert.deepEqual(await warnings(["inspect"], host), byUse);
  assert.deepEqual(await warnings(["du"], host), byUse);
  assert.equal(await warnings(["inspect", "--builder", "one"], host), null, "the user typed it");
  assert.equal(await warnings(["inspect", "one"], host), null, "the user typed it");
  assert.equal(await warnings(["inspect"], { BUILDKIT_HOST: "tcp://h:1" }), null, "it is the same");
});
