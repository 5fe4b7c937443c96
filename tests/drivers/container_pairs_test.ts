/**
 * Builders of the driver docker-container, as both programs create and boot them: the same entries
 * in the store, and the same containers. Random command lines.
 */
import { createHash } from "node:crypto";
import { workspaceWithoutBuilder } from "../build/workspace.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { comparePairs, readableFile, same, seededChoices } from "./pairs.ts";
import { type Recorded, recordingEngine } from "./recording_engine.ts";

const ignore = skip(await missing("buildx"));
const { seed, random, pick } = seededChoices();

/** The options of GitHub's set-up action. */
const ACTION = [
  "--buildkitd-flags",
  "--allow-insecure-entitlement security.insecure --allow-insecure-entitlement network.host",
];
const flags = [
  ...["", "--debug", "--allow-insecure-entitlement=security.insecure", "-x --y", "'a b' \"c d\""],
  ...["--allow-insecure-entitlement network.host", "--oci-worker=false # all", "a\\ b"],
  ...["--", "--debug --allow-insecure-entitlement network.host", "'open", "end\\"],
];
/** Values of `--driver-opt`. */
const options = `
  image=a/b:c image=docker.io/moby/buildkit:v0.20.0 image=localhost:5/x@sha256:${
  "a".repeat(64)
} image=
  network=host network=none network= memory=1g memory=100 memory=x memory-swap=-1 memory-swap=2gb
  cpu-period=1000 cpu-quota=5000 cpu-quota=-1 cpu-quota=99999999999999999999 cpu-shares=x
  cpu-shares=12 cpuset-cpus=0 cpuset-mems=0-1 cgroup-parent=/x/y
  restart-policy=no restart-policy=on-failure:3 restart-policy=:1 restart-policy=a:b restart-policy=
  default-load=true default-load=maybe env.A=b env.=x env.C=d=e
  provenance-add-gha=false allow-untrusted-image=true nope=1
`.trim().split(/\s+/);

/** Lines of a configuration, with values of random kinds: many of them are mistakes. */
const settings = [
  ...["debug", "root", "insecure-entitlements", "grpc.address", "grpc.uid", "log.level"],
  ...["worker.oci.gc", "worker.oci.reservedSpace", "worker.oci.max-parallelism", "cdi.disabled"],
  ...["worker.oci.labels", "worker.oci.gcpolicy", "registry", 'registry."r.io".mirrors'],
  ...['registry."r.io".http', "dns.options", "history.maxAge", "history.maxEntries", "unknown"],
  ...['frontend."gateway.v0".enabled', "system.platformsCacheMaxAge", "worker", "Debug"],
];
const values = [
  ...["true", "3", '"text"', '["a", "b"]', '"10GB"', '"20%"', '"48h"', "{}", "[]", "[3]", "1.5"],
  ...['""', '{ a = "b" }', "[{}]", "{ a = 1 }", "1979-05-27"],
];

const configs: Readonly<Record<string, string>> = {
  "plain.toml": "debug = true\n[worker.oci]\n  max-parallelism = 4\n",
  "host.toml": 'insecure-entitlements = ["network.host"]\n',
  "certs.toml": '[registry."r.io:5000/x y"]\n  mirrors = ["m.io"]\n  http = true\n' +
    '  ca = ["CA"]\n  [[registry."r.io:5000/x y".keypair]]\n    key = "KEY"\n    cert = "CERT"\n' +
    '[registry."docker.io"]\n  mirrors = ["a", "b"]\n',
  "broken.toml": "a = [\n",
};
/** The files that these words stand for. */
const files = { CA: "ca", KEY: "key", CERT: "cert" } as const;

function commandLine(folder: string, endpoints: readonly string[]): string[] {
  const line = random() < 0.5 ? ["--driver", "docker-container"] : [];
  if (random() < 0.3) line.push(...ACTION);
  else if (random() < 0.6) line.push(`--buildkitd-flags=${pick(flags)}`);
  for (let i = Math.floor(random() * 4); i > 0; i--) line.push("--driver-opt", pick(options));
  if (random() < 0.4) {
    const names = [...Object.keys(configs), "absent.toml", "random.toml", "random.toml"];
    line.push("--buildkitd-config", `${folder}/${pick(names)}`);
  }
  if (random() < 0.3) line.push("--platform", pick(["linux/arm64", "linux/amd64,linux/arm/v7"]));
  if (random() < 0.3) line.push("--node", "Node.X");
  // An address with a scheme is the endpoint of a remote builder, unless the line names a driver.
  if (random() < 0.4) line.push(pick(line.includes("--driver") ? endpoints : endpoints.slice(2)));
  return line;
}

Deno.test({
  ignore,
  name: "docker-container: builders and containers are the same as buildx's",
}, async () => {
  await using space = await workspaceWithoutBuilder({});
  space.write({ "ca.pem": "the CA", "key.pem": "the key", "cert.pem": "the certificate" });
  for (const [name, text] of Object.entries(configs)) {
    const path = (key: string) => space.path(`${files[key as keyof typeof files]}.pem`);
    space.write({ [name]: text.replace(/\b(?:CA|KEY|CERT)\b/g, path) });
  }
  await using engine = recordingEngine(space.path("engine"), {
    SecurityOptions: random() < 0.5 ? ["name=seccomp,profile=builtin", "name=userns"] : [],
  });
  space.env["DOCKER_HOST"] = engine.host;
  for (const [name, Host] of [["here", engine.host], ["there", `tcp://${engine.tcp}`]] as const) {
    const id = createHash("sha256").update(name).digest("hex");
    const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host } } };
    space.write({ [`.docker/contexts/meta/${id}/meta.json`]: JSON.stringify(meta) });
  }
  const endpoints = [engine.host, `tcp://${engine.tcp}/`, engine.tcp, "here", "there", "default"];
  await comparePairs({
    ...{ driver: "docker-container", count: 30, space, readable: withoutEmpty },
    commandLine(i) {
      space.write({ "random.toml": `${pick(settings)} = ${pick(values)}\n` });
      engine.gpus = i % 4 === 0;
      return commandLine(space.dir, endpoints);
    },
    // The parts that the programs' libraries word differently.
    error: (line) =>
      line.replace(/(failed to (?:parse|load)|buildkit configuration file not found).*/, "$1")
        .replace(/: toml: .*/, ""),
    take: () => engine.take(),
    compare(own, theirs, plan, shown) {
      same(comparable(own), comparable(theirs), shown);
      samePlan(plan, own, shown);
    },
  }, seed);
});

/** What `--dry-run` printed is what was then made. Only a boot asks whether there are GPUs. */
function samePlan(stdout: string, { containers, files }: Recorded, shown: string): void {
  const [node] = JSON.parse(stdout).nodes;
  const { Name, ...body } = node.container;
  const made = containers.map(({ name, body }) => {
    const { DeviceRequests: _, ...host } = body["HostConfig"] as Record<string, unknown>;
    return [name, { ...body, HostConfig: host }];
  });
  same(made, [[Name, body]], shown);
  same([...files.keys()].sort(), [...node.files ?? []].sort(), shown);
}

/** Empty fields are left out, because Go prints all of them. */
function comparable({ containers, files, pulls }: Recorded) {
  return {
    containers: containers.map(({ name, body: { Env, ...body } }) => ({
      name,
      body: withoutEmpty({ ...body, ...Array.isArray(Env) && { Env: Env.sort() } }),
    })),
    files: [...files].map(([path, bytes]) => [path, readableFile(path, bytes, withoutEmpty)]),
    pulls: pulls.map((pull) => pull.replace(/ \{.*$/, "")),
  };
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const all = value.map(withoutEmpty);
    return all.every((each) => each === undefined) ? undefined : all;
  }
  if (typeof value !== "object" || value === null) return value || undefined;
  const entries = Object.entries(value).map(([key, each]) => [key, withoutEmpty(each)] as const)
    .filter(([, each]) => each !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries.sort());
}
