import assert from "node:assert/strict";
import { run } from "../tests/commands/fake_deps.ts";
import { builderFile, tempStore } from "../tests/commands/temp_store.ts";

const loopback = "tcp://127.0.0.1:1";

Deno.test("create stores what buildx would, prints the name, and chooses it with --use", async () => {
  using temp = tempStore();
  const words = [
    ...["create", "--name", "Foo.Bar", "--driver", "remote", "--node", "NodeA", "--use"],
    ...["--platform", "linux/arm64,linux/arm", "--platform", "linux/riscv64"],
    ...["--driver-opt", 'default-load=true,"servername=a,b"', "--driver-opt", "cacert=/"],
    loopback,
  ];
  assert.deepEqual(await run(words, { env: temp.env }), {
    code: 0,
    stdout: "Foo.Bar\n",
    stderr: "",
  });
  assert.deepEqual(temp.files(), ["activity/Foo.Bar", "current", "instances/foo.bar"]);
  assert.equal(
    temp.read("instances/foo.bar"),
    '{"Name":"Foo.Bar","Driver":"remote","Nodes":[{"Name":"nodea","Endpoint":"tcp://127.0.0.1:1",' +
      '"Platforms":[{"architecture":"arm64","os":"linux"},{"architecture":"arm","os":"linux","variant":"v7"},' +
      '{"architecture":"riscv64","os":"linux"}],' +
      '"DriverOpts":{"cacert":"/","default-load":"true","servername":"a,b"},' +
      '"Flags":null,"Files":null}],"Dynamic":false}',
  );
  assert.equal(
    temp.read("current"),
    '{"Key":"unix:///var/run/docker.sock","Name":"Foo.Bar","Global":false}',
  );
});

Deno.test("create takes BUILDKIT_HOST, and makes up a name", async () => {
  using temp = tempStore();
  const { code, stdout } = await run(["create"], { env: { ...temp.env, BUILDKIT_HOST: loopback } });
  assert.equal(code, 0);
  assert.match(stdout, /^[a-z]+_[a-z]+\n$/);
  assert.match(temp.read(`instances/${stdout.trim()}`), /"Endpoint":"tcp:\/\/127\.0\.0\.1:1"/);
});

Deno.test("create --append adds a node, and --leave takes it away", async () => {
  using temp = tempStore();
  const env = temp.env;
  await run(["create", "--name", "B", "--platform", "linux/arm64,linux/386", loopback], { env });
  const append = ["create", "--append", "--name", "b", "--platform", "linux/arm64", "unix:///s"];
  assert.equal((await run(append, { env })).code, 0);
  const nodes = () =>
    JSON.parse(temp.read("instances/b")).Nodes.map((node: { Name: string; Platforms: object[] }) =>
      `${node.Name} ${node.Platforms.length}`
    );
  assert.deepEqual(nodes(), ["b0 1", "b1 1"]);
  temp.write("refs/B/b1/abc", "{}");
  assert.equal((await run(["create", "--leave", "--name", "b", "--node", "B1"], { env })).code, 0);
  assert.deepEqual(nodes(), ["b0 1"]);
  assert.ok(!temp.files().includes("refs/B/b1/abc"));
});

Deno.test("create warns of a plain connection once, and only off loopback", async () => {
  using temp = tempStore();
  const { stderr } = await run(["create", "--name", "a", "tcp://192.0.2.1:1"], { env: temp.env });
  assert.match(stderr, /^WARNING: tcp:\/\/192\.0\.2\.1:1 is not encrypted: /);
  const tls = ["create", "--name", "b", "--driver-opt", "cacert=/", "tcp://192.0.2.1:1"];
  assert.equal((await run(tls, { env: temp.env })).stderr, "");
});

Deno.test("create warns of certificates that don't exist", async () => {
  using temp = tempStore();
  temp.write("certs/ca.pem", "");
  const words = ["create", "--name", "a", "--driver-opt", `cacert=${temp.path}/certs/ac.pem`];
  const { code, stderr } = await run([...words, loopback], { env: temp.env });
  assert.equal(code, 0);
  assert.equal(
    stderr,
    `WARNING: ${temp.path}/certs/ac.pem (driver option cacert) does not exist: builds fail without ` +
      `it; did you mean ${temp.path}/certs/ca.pem?\n`,
  );
});

Deno.test("create --bootstrap that fails is an error, and the builder stays, as in buildx", async () => {
  using temp = tempStore();
  const { code, stdout } = await run(["create", "--bootstrap", "--name", "a", loopback], {
    env: temp.env,
    connect: () => Promise.reject(new Deno.errors.PermissionDenied("no")),
  });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.deepEqual(temp.files(), ["activity/a", "instances/a"]);
});

const bad: [string[], string, string?][] = [
  [
    ["--name", "default", loopback],
    "default is a reserved name and cannot be used to identify builder instance",
    "choose another --name",
  ],
  [
    ["--name", "a b", loopback],
    "invalid name a b, name needs to start with a letter and may not contain symbols, except ._-",
  ],
  [
    ["--name", "1a", loopback],
    "invalid name 1a, name needs to start with a letter and may not contain symbols, except ._-",
  ],
  [
    ["--name", "buildkit-host", loopback],
    "buildkit-host is the name of the builder of BUILDKIT_HOST",
  ],
  [
    ["--driver", "remote"],
    "no remote endpoint provided",
    "name the daemon, like 'fairlead create tcp://127.0.0.1:1234', or set BUILDKIT_HOST",
  ],
  [["--append", loopback], "append requires a builder name", "add --name NAME"],
  [
    ["--append", "--name", "odl", loopback],
    'failed to find instance "odl" for append',
    "did you mean old?",
  ],
  [
    ["--name", "old", "tcp://127.0.0.1:2"],
    'existing instance for "old" but no append mode, specify the node name to make changes for existing instances',
  ],
  [
    ["--name", "old", "--node", "x", "tcp://127.0.0.1:2"],
    "node x not found, did you mean to append?",
  ],
  [
    ["--name", "OLD", "--append", "tcp://127.0.0.1:9"],
    "invalid duplicate endpoint tcp://127.0.0.1:9",
    "a node of the builder has this endpoint already: name another endpoint or context",
  ],
  [
    ["--name", "k8s", "--append", loopback],
    `kubernetes driver does not support endpoint args "${loopback}"`,
  ],
  [
    ["--name", "k8s", "--append", "--driver", "remote", loopback],
    'existing instance for "k8s" but has mismatched driver "kubernetes"',
  ],
  [
    ["--name", "a", "--driver", "docker-container", "--driver-opt", "cpu-quotas=1"],
    "failed to initialize builder a (a0): invalid driver option cpu-quotas for docker-container driver",
    "did you mean cpu-quota?",
  ],
  [
    ["--name", "a", "--driver", "docker-container", "--driver-opt", "memory=much"],
    "failed to initialize builder a (a0): invalid size: 'much'",
    "check the driver option memory=much",
  ],
  [
    ["--name", "a", "--driver", "docker-container", "--buildkitd-flags='--x"],
    "failed to parse buildkit flags: EOF found when expecting closing quote",
  ],
  [
    ["--name", "a", "--driver", "docker-container", "--buildkitd-config=/nowhere/x.toml"],
    "buildkit configuration file not found: /nowhere/x.toml",
  ],
  [
    ["--name", "a", "--driver", "remoet", loopback],
    'failed to find driver "remoet"',
    "did you mean remote? fairlead creates builders with the drivers docker-container, kubernetes, podman-container, remote",
  ],
  [
    ["--name", "a", "tpc://h:1"],
    'invalid endpoint "tpc://h:1": unknown scheme "tpc"',
    "did you mean tcp://?",
  ],
  [
    ["--name", "a", "mycontext"],
    "failed to parse endpoint mycontext: it is not a docker context",
    "the contexts are default; an engine's address begins with unix:// or tcp://",
  ],
  [["--name", "a", "tcp://h"], 'invalid endpoint "tcp://h": it has no port'],
  [
    ["--name", "a", "--driver-opt", "cacert=ca.pem", loopback],
    "failed to initialize builder a (a0): non-absolute path 'ca.pem' provided for cacert",
  ],
  [
    ["--name", "a", "--driver-opt", "cert=/c", loopback],
    "failed to initialize builder a (a0): tls enabled, but missing keys key",
    "a client certificate needs both: add --driver-opt key=PATH",
  ],
  [
    ["--name", "a", "--driver-opt", "key=/c", loopback],
    "failed to initialize builder a (a0): tls enabled, but missing keys cert",
  ],
  [
    ["--name", "a", "--driver-opt", "cacret=/c", loopback],
    "failed to initialize builder a (a0): invalid driver option cacret for remote driver",
    "did you mean cacert?",
  ],
  [
    ["--name", "a", "--driver-opt", "default-load=x", loopback],
    'failed to initialize builder a (a0): strconv.ParseBool: parsing "x": invalid syntax',
  ],
  [["--name", "a", "--driver-opt", "cacert", loopback], 'invalid value "cacert", expecting k=v'],
  [
    ["--name", "a", "--driver-opt", 'a="b', loopback],
    'parse error on line 1, column 3: bare " in non-quoted-field',
  ],
  [
    ["--name", "a", "--buildkitd-flags", "--debug", loopback],
    "failed to initialize builder a (a0): setting buildkit flags is not supported for remote driver",
  ],
  [
    ["--name", "a", "--config", "/x.toml", loopback],
    "failed to initialize builder a (a0): setting config file is not supported for remote driver",
  ],
  [
    ["--name", "a", "--buildkitd-config", "/x.toml", loopback],
    "failed to initialize builder a (a0): setting config file is not supported for remote driver",
  ],
  [
    ["--name", "a", "--platform", "linux/*", loopback],
    '"linux/*": wildcards not yet supported: invalid argument',
  ],
  [
    ["--name", "a", "--driver-opt", "image=x", loopback],
    "failed to initialize builder a (a0): invalid driver option image for remote driver",
    "the option exists for docker-container and kubernetes and podman-container; the options are",
  ],
  [
    ["--name", "a", "--driver", "docker-container", "--driver-opt", "replicas=2"],
    "failed to initialize builder a (a0): invalid driver option replicas for docker-container",
    "the option exists for kubernetes; the options are image, ",
  ],
  [
    ["--name", "a", "--driver-opt", "", loopback],
    "EOF",
    "write --driver-opt NAME=VALUE, and quotation marks around the whole pair",
  ],
  [
    ["--name", "a", "kubernetes://?deployment=x"],
    'kubernetes driver does not support endpoint args "kubernetes://?deployment=x"',
    "leave it out: create --driver kubernetes takes the current context of the kubeconfig",
  ],
  [
    ["--name", "a", "/var/run/docker.sock"],
    "endpoint has no scheme: /var/run/docker.sock",
    "write it as unix:///var/run/docker.sock",
  ],
  [["--leave"], "leave requires instance name"],
  [["--leave", "--name", "old"], "leave requires node name"],
  [["--leave", "--name", "none", "--node", "x"], 'failed to find instance "none" for leave'],
  [["--leave", "--name", "old", "--node", "x"], 'node "x" not found for old', "its nodes are old0"],
  [
    ["--leave", "--name", "old", "--node", "old0"],
    "can not leave last node, do you want to rm instance instead?",
  ],
  [
    ["--leave", "--name", "k8s", "--node", "k8s0"],
    "can not leave last node, do you want to rm instance instead?",
  ],
  [["--name", "broken", loopback], 'cannot read builder "broken": '],
];
for (const [words, message, hint] of bad) {
  Deno.test(`create ${words.join(" ")} is refused, and leaves nothing behind`, async () => {
    using temp = tempStore();
    temp.write("instances/old", builderFile("old", "tcp://127.0.0.1:9"));
    temp.write("instances/k8s", builderFile("k8s", "kubernetes:///k8s", "kubernetes"));
    temp.write("instances/broken", "{");
    const before = temp.files().map((file) => [file, temp.read(file)]);
    const { code, stdout, stderr } = await run(["create", ...words], { env: temp.env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.ok(`\n${stderr}`.includes(`\nERROR: ${message}`), stderr);
    if (hint !== undefined) assert.ok(`\n${stderr}`.includes(`\nhint: ${hint}`), stderr);
    assert.deepEqual(temp.files().map((file) => [file, temp.read(file)]), before);
  });
}

Deno.test("create of a node that is there warns, in the peer's words; one that is new doesn't", async () => {
  using temp = tempStore();
  temp.write("instances/one", builderFile("one", "tcp://127.0.0.1:1"));
  const create = (...more: string[]) =>
    run(["create", "--name", "one", ...more, "tcp://127.0.0.1:2"], { env: temp.env });
  assert.deepEqual(await create("--node", "one0"), {
    code: 0,
    stdout: "one\n",
    stderr: "WARNING: new settings may not be used until builder is restarted\n",
  });
  const endpoint = ["create", "--name", "one", "--append", "--node", "two", "tcp://127.0.0.1:3"];
  assert.equal((await run(endpoint, { env: temp.env })).stderr, "");
});

Deno.test("create in a docker context that isn't there says so, and stores nothing", async () => {
  using temp = tempStore();
  const env = { ...temp.env, DOCKER_HOST: "", DOCKER_CONTEXT: "defualt" };
  const { code, stderr } = await run(["create", "--name", "a"], { env });
  assert.deepEqual([code, temp.files()], [1, []]);
  assert.match(
    stderr,
    /^hint: did you mean default\? known contexts are default; see DOCKER_CONTEXT/m,
  );
  assert.match(stderr, /^ERROR: docker context "defualt" not found$/m);
});

Deno.test("create where nothing can be written says so", async () => {
  const { code, stderr } = await run(["create", loopback], { env: { BUILDX_CONFIG: "/proc/x" } });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^hint: make it writable, or set BUILDX_CONFIG.*\nERROR: cannot write to \/proc\/x: /,
  );
});
