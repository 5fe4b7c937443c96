/** Flags of `build` and targets of bake describe builds in the same way. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { resolveTargets } from "../../bake/definition/resolve.ts";
import { isRemote } from "../../builds/spec/remote.ts";
import { readHcl } from "../../tests/bake/read_hcl.ts";
import { parseFlags } from "../../cli/flags/parse.ts";
import { buildFlags } from "../build/flags.ts";
import { specOfFlags } from "../build/spec.ts";
import { type Origin, specOfTarget } from "./spec.ts";

const cwd = Deno.realPathSync(Deno.cwd()).replaceAll("\\", "/");
const origin: Origin = { isFetched: false, repository: undefined, cwd, env: () => undefined };

async function ofTarget(target: Record<string, unknown>, from: Partial<Origin> = {}) {
  const text = JSON.stringify({ target: { default: target } });
  const definition = await readHcl([{ name: "b.json", text }], { isRemote });
  const { targets } = resolveTargets(definition, {
    names: [],
    overrides: [],
    env: () => undefined,
  });
  return specOfTarget(targets.get("default")!, { ...origin, ...from });
}

async function ofFlags(...words: string[]) {
  const env = () => undefined;
  const { values, args } = parseFlags(buildFlags, words, env);
  return { ...await specOfFlags(args[0]!, values, { env, cwd }), call: undefined };
}

const pairs: [target: Record<string, unknown>, words: string[]][] = [
  [{}, []],
  [{ dockerfile: "a/F" }, ["-f", "a/F"]],
  [{ dockerfile: "https://host/F" }, ["-f", "https://host/F"]],
  [{ args: { A: "1", B: "x=y" }, labels: { l: "" } }, [
    "--build-arg=A=1",
    "--build-arg=B=x=y",
    "--label=l",
  ]],
  [{ contexts: { "docker.io/library/alpine:latest": "docker-image://x" } }, [
    "--build-context=alpine=docker-image://x",
  ]],
  [{ tags: ["a", "b"], target: "t", platforms: ["linux/arm64"], pull: true }, [
    "-t",
    "a",
    "-t",
    "b",
    "--target=t",
    "--platform=linux/arm64",
    "--pull",
  ]],
  [{ "no-cache": true, "no-cache-filter": ["a"] }, ["--no-cache"]],
  [{ "cache-from": ["a", { type: "local", src: "c,d" }], "cache-to": ["type=inline"] }, [
    "--cache-from=a",
    '--cache-from=type=local,"src=c,d"',
    "--cache-to=type=inline",
  ]],
  [{ output: [{ type: "image", name: "a,b", push: true }, "out"] }, [
    '-o=type=image,"name=a,b",push=true',
    "-o=out",
  ]],
  [{ attest: ["type=sbom", { type: "provenance", mode: "max" }] }, [
    "--attest=type=sbom",
    "--provenance=mode=max",
  ]],
  [{ secret: [{ id: "a", src: "f" }, "id=b,env=B"], ssh: ["default", "k=p,q"] }, [
    "--secret=id=a,src=f",
    "--secret=id=b,env=B",
    "--ssh=default",
    "--ssh=k=p,q",
  ]],
  [{ network: "none", "shm-size": "1m", ulimits: ["core=1"], "extra-hosts": { h: "1.2.3.4" } }, [
    "--network=none",
    "--shm-size=1m",
    "--ulimit=core=1",
    "--add-host=h=1.2.3.4",
  ]],
  [{ resources: { memory: "1g" }, entitlements: ["network.host"], policy: ["disabled=true"] }, [
    "--memory=1g",
    "--allow=network.host",
    "--policy=disabled=true",
  ]],
];

Deno.test("a target and flags that say the same are the same build", async () => {
  for (const [target, words] of pairs) {
    const inline = words.some((word) => word === "-f") ? [] : ["-f", "Dockerfile"];
    const { spec } = await ofTarget(target);
    deepEqual(spec, await ofFlags(...words, ...inline, "."), JSON.stringify(target));
  }
});

Deno.test("paths of a definition in a repository lead into the repository", async () => {
  const repository = "https://host/r.git#main:sub";
  const from = { isFetched: true, repository };
  const remote = (url: string) => ({ kind: "remote", url });
  const { spec, context } = await ofTarget({
    context: "x/../y",
    dockerfile: "../D",
    contexts: { a: "docker-image:/../z", b: "cwd://commands", c: "../out" },
  }, from);
  equal(context, "https://host/r.git#main:sub/y");
  deepEqual(spec.context, remote("https://host/r.git#main:sub/y"));
  deepEqual(spec.dockerfile, { kind: "inside", typed: "../D" });
  deepEqual(
    spec.contexts.map(({ source }) => source),
    [
      remote("https://host/r.git#main:sub/z"),
      { kind: "folder", typed: "commands", path: `${cwd}/commands` },
      remote("https://host/r.git#main:out"),
    ],
  );
});

Deno.test("a bake file can't name stdin, a wrong size, or a URL that is none", async () => {
  const cases: [target: Record<string, unknown>, from: Partial<Origin>, message: string][] = [
    [{ context: "-" }, {}, "context from stdin not allowed in bake"],
    [{ dockerfile: "-" }, {}, "dockerfile from stdin not allowed in bake"],
    [{ "shm-size": "zz" }, {}, "invalid value zz for membytes key shm-size"],
    [
      { dockerfile: "github.com/a/D" },
      { isFetched: true },
      "cannot read the Dockerfile github.com/a/D: it is not an http or https URL",
    ],
  ];
  for (const [target, from, message] of cases) {
    await rejects(ofTarget(target, from), { name: "UsageError", message });
  }
});

Deno.test("a name that is no image's is the build's error, with the path it would open", async () => {
  const { spec } = await ofTarget({ contexts: { "A b": "commands" } });
  equal(spec.contexts[0]!.source.kind, "none");
});
