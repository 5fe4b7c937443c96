/** Command lines that are refused, with exactly buildx's error. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { workspace } from "./workspace.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
/** Flags whose paths begin at the process's own folder. */
const LOCAL = /^(?:--ssh|-o|--output|type=)/;

type Case = readonly [args: string[], env?: Record<string, string>];

const inEnvironment: Case[] = [
  [["ctx"], { BUILDX_NO_DEFAULT_ATTESTATIONS: "x" }],
  [["-o", "type=oci,dest=o.tar", "ctx"], { BUILDX_NO_DEFAULT_OCI_ARTIFACT: "maybe" }],
  [["ctx"], { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: "/no/file" }],
  [["ctx"], { BUILDKIT_PROGRESS: "x" }],
  [["ctx"], { DOCKER_DEFAULT_PLATFORM: "foo/bar/baz/x" }],
  [["ctx"], { BUILDX_BUILDER: "nope" }],
];

const table: string[][] = [
  ["nowhere"],
  ["ctx/Dockerfile"],
  [""],
  ["--target=nope", "ctx"],
  ["-f", "ctx/Syntax", "ctx"],
  ["--build-context=named", "ctx"],
  ["--build-arg==x", "ctx"],
  ["--label", "", "ctx"],
  ["--secret=s", "ctx"],
  ["--secret=\n", "ctx"],
  ["--secret=id=s,foo=1", "ctx"],
  ["--network=foo", "ctx"],
  ["--add-host=foo", "ctx"],
  ["--add-host=a=host-gateway", "ctx"],
  ["--platform=foo/bar/baz/x", "ctx"],
  ["--platform=nope", "ctx"],
  ["-t", "UPPER", "ctx"],
  ["-t", "a:b:c", "ctx"],
  ["--push", "ctx"],
  ["-o", "type=foo", "ctx"],
  ["-o", "type=local", "ctx"],
  ["-o", "type=local,dest=out,mode=foo", "ctx"],
  ["-o", "type=local,dest=ctx/Dockerfile/out", "ctx"],
  ["-o", `type=oci,dest=${"n".repeat(256)}`, "ctx"],
  ["-o", "type=local,dest=.,mode=delete", "ctx"],
  ["-o", "-", "-o", "type=tar", "ctx"],
  ["-o", "out", "--iidfile=iid", "ctx"],
  ["--platform=linux/amd64,linux/arm64", "-o", "type=docker,dest=d.tar", "ctx"],
  ["--attest=type=sbom", "-o", "type=docker,dest=d.tar", "ctx"],
  ["--ulimit=x", "ctx"],
  ["--ulimit=nofile=5:1", "ctx"],
  ["--shm-size=x", "ctx"],
  ["--shm-size=5MiBs", "ctx"],
  ["--shm-size=1e400", "ctx"],
  ["--no-cache", "--no-cache-filter=one", "ctx"],
  ["--attest=x", "ctx"],
  ["--attest=", "ctx"],
  ['--attest=type=sbom,"x=', "ctx"],
  ["--attest=type=provenance,disabled=x", "ctx"],
  ["--provenance=foo", "ctx"],
  ["--sbom=maybe", "ctx"],
  ["--cache-to=type=local", "-o", "type=cacheonly", "ctx"],
  ["--cache-from=a,,b", "ctx"],
  ["--cache-to=type=local,dest=ctx/Dockerfile", "ctx"],
  ["--cache-to=type=local,dest=ctx/Dockerfile/below", "ctx"],
  ["--cache-to=type=local,dest=cache,reset=x", "ctx"],
  ["--resource=foo=1", "ctx"],
  ["--resource=foo", "ctx"],
  ["--resource=memory=x", "ctx"],
  ["--resource=memory=1q", "ctx"],
  ["--resource=cpu-shares=1.5", "ctx"],
  ["-q", "--progress=plain", "ctx"],
  ["--policy=x", "ctx"],
  ["--policy=", "ctx"],
  ["--policy=disabled=true,filename=x", "ctx"],
  ["--policy=disabled=true", "--policy=reset=true", "ctx"],
  ["--metadata-file=no/where", "ctx"],
  ["--allow=foo", "ctx"],
  ["--allow=device=foo,bar", "ctx"],
  ["--allow=network.host=1", "ctx"],
  ["--annotation=foo", "ctx"],
  ["--annotation=foo[bar]:a=b", "ctx"],
  ["--annotation=:a=b", "ctx"],
  ["--annotation=manifest[foo]:a=b", "ctx"],
  ["--ssh=default", "ctx"],
  ["--ssh=a=nowhere,b", "ctx"],
  ["--ssh=a=ctx", "ctx"],
  ["--ssh=a=ctx/Dockerfile", "ctx"],
  ['--ssh="a=ctx/Dockerfile,nowhere', "ctx"],
  ["--secret=id=s,src=nowhere", "ctx"],
  ["--ulimit=nofile=x", "ctx"],
  ["--ulimit=nofile=1:2:3", "ctx"],
  ["--ulimit=nofile=-1:3", "ctx"],
  ["--ulimit=nofile=99999999999999999999", "ctx"],
  ["--ulimit=NOFILE=3", "ctx"],
  ["-f", "nowhere", "ctx"],
  ["-f", "./ctx/nowhere", "ctx"],
  ["-f", "ctx", "ctx"],
  ["-f", ".", "ctx"],
  ["-f", "ctx/..", "ctx"],
  ["-f", "ctx/", "ctx"],
  ["-f", "ctx/Dockerfile/", "ctx"],
  ["-f", "ctx/Dockerfile/.", "ctx"],
  ["-f", "./ctx//nowhere/near/Dockerfile", "ctx"],
  ["-f", "ctx/Dockerfile/below/it", "ctx"],
  ["named"],
  ["--add-host=a:b:c", "ctx"],
  ["--add-host=a=:::::", "ctx"],
  ["--add-host=a=1.2.3.4.5", "ctx"],
  ["--build-context=a=nowhere", "ctx"],
  ["--build-context=a=", "ctx"],
  ["--build-context=a=ctx/Dockerfile", "ctx"],
  ["--build-context==b", "ctx"],
  ["--build-context=A:B:C=named", "ctx"],
  ["--build-context=a=target:foo", "ctx"],
  ["--build-context=a=oci-layout://ctx", "ctx"],
  ["--build-context=a=oci-layout://", "ctx"],
  ["--platform=", "ctx"],
  ["--platform=linux/a b", "ctx"],
];

/** Mistakes in the order in which they are found. */
const inOrder: Case[] = [
  [["--build-arg==x"]],
  [["--label==y"]],
  [[], { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: "/no/file" }],
  [["--policy=x"]],
  [["--attest=x"]],
  [["--build-context=nn"]],
  [["-o", "type=image,x"]],
  [["-o", "type=tar,dest=x", "--iidfile=iid"]],
  [["--cache-from=a=b"]],
  [["--cache-to=a=c"]],
  [["--secret=s"]],
  [["--call=x=y"]],
  [["--builder=nope"]],
  [["--progress=loud"]],
  [["--no-cache", "--no-cache-filter=a"]],
  [["--resource=foo=1"]],
  [["--platform=a/b/c/d"]],
  [["--secret=id=s,src=nowhere"]],
  [["--ssh=a=nowhere"]],
  [["-o", "type=local"]],
  [["--allow=foo"]],
  [["-o", "type=local,dest=.,mode=delete"]],
  [["--annotation=foo"]],
  [["--build-arg=BUILDKIT_SYNTAX="]],
  [[], { BUILDX_NO_DEFAULT_ATTESTATIONS: "x" }],
  [["-t", "UPPER"]],
  [["--push"]],
  [[], { BUILDX_NO_DEFAULT_OCI_ARTIFACT: "x" }],
  [["--platform=linux/amd64,linux/arm64", "-o", "type=docker,dest=d.tar"]],
  [["-f", "nowhere/x"]],
  [["--build-context=m=nowhere"]],
  [["--policy=disabled=true,reset=true"]],
  [["--network=foo"]],
  [["--add-host=foo"]],
  [["--cache-to=type=local"]],
  [["-f", "nowhere"]],
];
/** Each wrong command line joined with the one before it, whose error is reported. */
const together = inOrder.slice(1).map(([args, env], at): Case => {
  const [first, firstEnv] = inOrder[at]!;
  return [[...args, ...first, "ctx"], { ...env, ...firstEnv }];
});

Deno.test(
  { name: "a command line that can't be built is refused in buildx's words", ignore },
  async () => {
    await using space = await workspace(shared.address);
    space.write({
      "ctx/Dockerfile": "FROM scratch AS one\nLABEL a=b\n",
      "ctx/Syntax": "FROMM scratch\n",
      "named/file": "",
    });
    const different: string[][] = [];
    const cases = table.map((args): Case => [args]).concat(inEnvironment, together);
    for (const [args, env = {}] of cases) {
      const ours = args.some((arg) => LOCAL.test(arg)) ? "fairlead" : "inside";
      const messages = await Promise.all(([ours, "buildx"] as const).map(async (program) => {
        const { code, stderr, stdout } = await space[program](["build", ...args], env);
        assert.equal(code, 1, `${program} ${args.join(" ")}\n${stderr}`);
        assert.equal(stdout, "", args.join(" "));
        return stderr.split("\n").findLast((line) => line.startsWith("ERROR: ")) ?? stderr;
      }));
      if (messages[0] !== messages[1]) different.push([args.join(" "), ...messages]);
    }
    assert.deepEqual(different, []);
  },
);
