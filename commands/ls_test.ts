import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ConnectOptions } from "../builders/connect.ts";
import { DialError } from "../transports/errors.ts";
import { fakeDaemon, run } from "../tests/commands/fake_deps.ts";
import { builderFile, type TempStore, tempStore } from "../tests/commands/temp_store.ts";
import { eventually, manualClock } from "../tests/harness/manual_clock.ts";

/**
 * One that answers on port 1, refuses on 2, hangs on 3, and on 4 is reached but says nothing.
 * Docker isn't installed.
 */
function connect({ endpoint, context }: ConnectOptions) {
  if (endpoint.endsWith(":1")) return Promise.resolve(fakeDaemon());
  if (endpoint.endsWith(":4")) {
    const listWorkers = () => {
      silent++;
      return new Promise<never>(() => {});
    };
    return Promise.resolve({ ...fakeDaemon(), listWorkers });
  }
  if (endpoint.endsWith(":3")) {
    context.step("connect", "10.0.0.1:3");
    silent++;
    return new Promise<never>((_, reject) => {
      const stop = () => reject(context.signal.reason);
      if (context.signal.aborted) stop();
      context.signal.addEventListener("abort", stop);
    });
  }
  return Promise.reject(
    new DialError("connection refused", {
      endpoint,
      step: "connect",
      code: endpoint === "docker://" ? "not-found" : "unreachable",
      hint: "start the daemon",
    }),
  );
}

/** How many dials and calls have no answer, and never will. */
let silent = 0;

/** Runs it with a node that is silent, and lets so many milliseconds pass from then on. */
async function runSilent(args: string[], temp: TempStore, ms: number) {
  using clock = manualClock();
  const before = silent;
  const ran = run(args, { env: temp.env, connect });
  await eventually(() => silent > before);
  await clock.advance(ms);
  return await ran;
}

function store() {
  const temp = tempStore();
  temp.write("instances/up", builderFile("Up", "tcp://h:1"));
  temp.write("activity/Up", "2026-01-02T03:04:05Z");
  temp.write("instances/down", builderFile("down", "tcp://h:2"));
  temp.write("instances/k8s", builderFile("k8s", "cloud:///example/our-builder-", "cloud"));
  temp.write("current", '{"Key":"unix:///var/run/docker.sock","Name":"up","Global":false}');
  return temp;
}

Deno.test("ls prints buildx's table, and below it why a node isn't running", async () => {
  using temp = store();
  const files = temp.files();
  const { code, stdout, stderr } = await run(["ls"], { env: temp.env, connect });
  assert.equal(
    stdout,
    `NAME/NODE   DRIVER/ENDPOINT                     STATUS        BUILDKIT   PLATFORMS
Up*         remote                                                       
 \\_ up0      \\_ tcp://h:1                       running       v0.32.2    linux/amd64 (+3), linux/386
down        remote                                                       
 \\_ down0    \\_ tcp://h:2                       inactive                 
k8s         cloud                                                        
 \\_ k8s0     \\_ cloud:///example/our-builder-   unsupported              
default                                         error                    
`,
  );
  assert.equal(
    stderr,
    "\nFailed to get status for down (down0): cannot reach tcp://h:2: connection refused\n" +
      "  hint: start the daemon\n",
  );
  assert.equal(code, 0);
  assert.deepEqual(temp.files(), files);
});

Deno.test("ls --format json prints an object a line, keys sorted as buildx sorts them", async () => {
  using temp = store();
  const { stdout, stderr } = await run(["ls", "--format", "json"], { env: temp.env, connect });
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 4);
  assert.equal(
    lines[0],
    '{"Current":true,"Driver":"remote","Dynamic":false,"LastActivity":"2026-01-02T03:04:05Z",' +
      '"Name":"Up","Nodes":[{"Endpoint":"tcp://h:1","GCPolicy":[{"all":false,' +
      '"filter":["type==source.local","type==exec.cachemount"],"keepDuration":172800000000000,' +
      '"maxUsedSpace":512000000,"minFreeSpace":0,"reservedSpace":0},{"all":true,"filter":null,' +
      '"keepDuration":0,"maxUsedSpace":100000000000,"minFreeSpace":51000000000,' +
      '"reservedSpace":10000000000}],"IDs":["o63d0sdqjx3hi29e848q6w3wf"],"Labels":{' +
      '"org.mobyproject.buildkit.worker.executor":"oci",' +
      '"org.mobyproject.buildkit.worker.snapshotter":"overlayfs"},"Name":"up0",' +
      '"Platforms":["linux/amd64","linux/amd64/v2","linux/amd64/v3","linux/386"],' +
      '"Status":"running","Version":"v0.32.2"}]}',
  );
  assert.equal(
    lines[1],
    '{"Current":false,"Driver":"remote","Dynamic":false,"LastActivity":"0001-01-01T00:00:00Z",' +
      '"Name":"down","Nodes":[{"Endpoint":"tcp://h:2",' +
      '"Err":"cannot reach tcp://h:2: connection refused","Name":"down0","Status":"inactive"}]}',
  );
  assert.equal(stderr, "");
});

Deno.test("ls --format TEMPLATE prints a row for a builder and for each node", async () => {
  using temp = store();
  const format = "{{.Name}}|{{.DriverEndpoint}}|{{.Status}}|{{.LastActivity}}|{{.Error}}|" +
    "{{.Builder.Current}}";
  const { stdout } = await run(["ls", "--format", format], { env: temp.env, connect });
  assert.deepEqual(stdout.split("\n").slice(0, 4), [
    "Up|remote||2026-01-02T03:04:05Z||true",
    "up0|tcp://h:1|running|||true",
    "down|remote||||false",
    "down0|tcp://h:2|inactive||cannot reach tcp://h:2: connection refused|false",
  ]);
});

Deno.test("ls --format 'table TEMPLATE' has headers", async () => {
  using temp = store();
  const words = ["ls", "--no-trunc", "--format", "table {{.Name | upper}}\\t{{.Platforms}}"];
  const { stdout } = await run(words, { env: temp.env, connect });
  assert.deepEqual(stdout.split("\n").slice(0, 3), [
    "NAME/NODE   PLATFORMS",
    "UP*         ",
    " \\_ UP0     linux/amd64, linux/amd64/v2, linux/amd64/v3, linux/386",
  ]);
});

Deno.test("ls shows a silent node with the step it hangs in; --timeout waits as long as it says", async () => {
  using temp = tempStore();
  temp.write("instances/slow", builderFile("slow", "tcp://h:3"));
  const quick = await runSilent(["ls", "--timeout", "50ms"], temp, 50);
  assert.match(quick.stdout, / inactive /);
  assert.match(quick.stderr, /slow0\): no answer after 0\.05s: connecting \(10\.0\.0\.1:3\)/);
  const patient = await runSilent(["ls"], temp, 3000);
  assert.match(patient.stdout, / connecting… /);
  assert.match(patient.stderr, /slow0\): no answer after 3s: connecting \(10\.0\.0\.1:3\)/);
});

Deno.test("ls distinguishes a silent daemon from one that can't be reached", async () => {
  using temp = tempStore();
  temp.write("instances/mute", builderFile("mute", "tcp://h:4"));
  const { stderr } = await runSilent(["ls", "--timeout", "50ms"], temp, 50);
  assert.match(stderr, /mute0\): no answer after 0\.05s: connected, waiting for its first reply/);
});

Deno.test("ls ends with 130 when it is interrupted", async () => {
  using temp = tempStore();
  temp.write("instances/slow", builderFile("slow", "tcp://h:3"));
  const controller = new AbortController();
  const { Interrupted } = await import("../cli/deps.ts");
  const before = silent;
  const ran = run(["ls"], { env: temp.env, connect, signal: controller.signal });
  await eventually(() => silent > before);
  controller.abort(new Interrupted("SIGINT"));
  const { code, stderr } = await ran;
  assert.deepEqual({ code, stderr }, { code: 130, stderr: "ERROR: context canceled\n" });
});

Deno.test("ls warns of a broken file, and shows an invalid endpoint as an error", async () => {
  using temp = tempStore();
  temp.write("instances/bad", "garbage");
  temp.write("instances/odd", builderFile("odd", "teleport://h:1"));
  temp.write("current", '{"Key":"unix:///var/run/docker.sock","Name":"bad","Global":false}');
  const { code, stdout, stderr } = await run(["ls"], { env: temp.env, connect });
  assert.equal(code, 0);
  assert.match(stdout, /odd0 +\\_ teleport:\/\/h:1 +error/);
  assert.match(
    stderr,
    /^WARNING: .*\/instances\/bad is skipped, because it contains no builder: it is not valid JSON$/m,
  );
  assert.match(stderr, /odd0\): invalid endpoint "teleport:\/\/h:1": unknown scheme "teleport"/);
  assert.equal(temp.read("instances/bad"), "garbage");
});

Deno.test("ls shows the daemon of BUILDKIT_HOST without a store", async () => {
  const env = { BUILDKIT_HOST: "tcp://h:1", HOME: "/proc/none" };
  const { stdout, stderr } = await run(["ls"], { env, connect });
  assert.match(stdout, /^buildkit-host\* +remote/m);
  assert.match(stdout, /buildkit-host0 +\\_ tcp:\/\/h:1 +running/);
  assert.equal(stderr, "");
});

const bad: [string[], RegExp][] = [
  [["ls", "--format", "{{.Nmae}}"], /hint: did you mean \.Name\?[^]*can't evaluate field Nmae .*/],
  [["ls", "--format", "{{"], /template parsing error: unclosed action/],
  [["ls", "x"], /'fairlead ls' accepts no arguments/],
];
for (const [words, message] of bad) {
  Deno.test(`${words.join(" ")} is refused`, async () => {
    using temp = store();
    const { code, stdout, stderr } = await run(words, { env: temp.env, connect });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, message);
  });
}

Deno.test("a builder that was never booted is no failure in ls, and lost engines come last", async () => {
  using temp = tempStore();
  temp.write("instances/box", builderFile("box", "here", "docker-container"));
  const contexts = { away: "unix:///no", here: "unix:///engine" };
  for (const [name, Host] of Object.entries(contexts)) {
    const id = createHash("sha256").update(name).digest("hex");
    const meta = { Name: name, Endpoints: { docker: { Host } } };
    temp.write(`contexts/meta/${id}/meta.json`, JSON.stringify(meta));
  }
  const env = { ...temp.env, DOCKER_CONFIG: temp.path };
  const ask = ({ endpoint }: ConnectOptions) => {
    if (endpoint.endsWith("?context=here") && !endpoint.includes("buildx_")) {
      return Promise.resolve(fakeDaemon());
    }
    const [problem, state] = endpoint.includes("buildx_")
      ? ['no container "buildx_buildkit_box0" at unix:///engine', "missing"] as const
      : ["the daemon demands a client certificate", undefined] as const;
    const code = state === undefined ? "unauthenticated" : "not-found";
    return Promise.reject(
      new DialError(problem, { endpoint, step: "connect", code, ...state && { state } }),
    );
  };
  const table = await run(["ls", "--format", "{{.Name}} {{.Status}} {{.Error}}"], {
    env,
    connect: ask,
  });
  const reason = (context: string) =>
    `cannot reach docker://${context}: the daemon demands a client certificate`;
  assert.deepEqual(table.stdout.trimEnd().split("\n").map((line) => line.trim()), [
    ...["box", "box0 inactive", "here", "here running"],
    ...[`away error ${reason("?context=away")}`, `default error ${reason("")}`],
  ]);
  const { stderr } = await run(["ls"], { env, connect: ask });
  assert.match(stderr, /^box \(box0\) is inactive: no container "buildx_buildkit_box0" at unix:/m);
  assert.match(stderr, /^Cannot load builder away: cannot reach /m);
  const { stdout } = await run(["inspect", "box"], { env, connect: ask });
  assert.match(
    stdout,
    /^Status: +inactive\nReason: +no container "buildx_buildkit_box0" at unix:/m,
  );
});
