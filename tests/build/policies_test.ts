/** Policies, deprecated flags and traces, on a real daemon, compared with the peer. */
import assert from "node:assert/strict";
import { Policy } from "../../proto/gen/sourcepolicy.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { alike, type InWorkspace, inWorkspace, programs, type Workspace } from "./workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

const build = ["build", "--progress=plain", "-o", "type=cacheonly"];

/** The last line that begins with this text. */
function line(stderr: string, begin: string): string {
  return stderr.split("\n").findLast((text) => text.startsWith(begin)) ?? "";
}

/** Asserts that both programs report the same error, and returns it. */
async function refused(space: Workspace, args: readonly string[], env: Record<string, string>) {
  const messages = await alike(async (program) => {
    const { stderr } = await fails(space[program]([...build, ...args], env));
    return line(stderr, "ERROR: ");
  });
  return messages;
}

test("a source policy denies sources, and converts others", async (space) => {
  const deny = {
    rules: [{
      action: "DENY",
      selector: { identifier: "docker-image://*busybox*", match_type: "WILDCARD" },
    }],
  };
  const convert = {
    Version: 1,
    rules: [
      {
        action: 2,
        selector: {
          identifier: "docker-image://docker.io/library/nowhere:latest",
          matchType: "EXACT",
        },
        updates: { identifier: `docker-image://${shared.image}` },
        unknown: true,
      },
    ],
  };
  space.write({
    "ctx/Dockerfile": "FROM busybox\n",
    "else/Dockerfile": "FROM nowhere\n",
    "deny.json": JSON.stringify(deny),
    "convert.json": JSON.stringify(convert),
    "empty.json": "{}",
    "bad.json": '{"rules": [{"action": "MAYBE"}]}',
    "list.json": "[]",
  });
  const variable = (file: string) => ({ EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: file });
  assert.match(await refused(space, ["ctx"], variable("deny.json")), /source denied by policy/);
  for (const [file, context] of [["convert.json", "else"], ["empty.json", "ctx"]] as const) {
    for (const program of programs) {
      const { code, stderr } = await space[program]([...build, context], variable(file));
      assert.equal(code, 0, `${program} ${file}\n${stderr}`);
    }
  }
  const encoded = Policy.encode({
    version: 0n,
    rules: [{
      action: 1,
      selector: { identifier: "docker-image://*busybox*", matchType: 0, constraints: [] },
      updates: undefined,
    }],
  }).finish();
  Deno.writeFileSync(space.path("deny.pb"), encoded);
  assert.match(await refused(space, ["ctx"], variable("deny.pb")), /source denied by policy/);
  const missing = await refused(space, ["ctx"], variable("nowhere.json"));
  assert.equal(
    missing,
    "ERROR: failed to read policy file: open nowhere.json: no such file or directory",
  );
  for (
    const [file, reason] of [["bad.json", /action of rule 0/], [
      "list.json",
      /not an object/,
    ]] as const
  ) {
    const { stderr } = await fails(space.fairlead([...build, "ctx"], variable(file)));
    assert.match(line(stderr, "ERROR: failed to parse source policy"), reason);
  }
});

test("flags that mean nothing any more are taken, with buildx's warnings", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch AS one\nLABEL a=b\n" });
  const flags = [
    "--squash",
    "--security-opt=a,b",
    "--isolation=x",
    "--compress",
    "--rm",
    "--force-rm=false",
  ];
  const warnings = await alike(async (program) => {
    const { stderr } = await succeeds(space[program](["b", "--progress=plain", ...flags, "ctx"]));
    return stderr.split("\n").filter((text) => text.startsWith("WARNING: ")).sort();
  });
  assert.equal(warnings.length, 4);
  const { stdout } = await space.fairlead(["build", "--print=targets", "ctx"]);
  assert.match(stdout, /one/);
  assert.match(
    (await space.fairlead(["build", "-m", "x", "ctx"])).stderr,
    /invalid value "x" for resource memory/,
  );
});

test("a build leaves a trace, in the trace that the environment names", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nLABEL trace=yes\n" });
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const cases: [env: Record<string, string>, expected: RegExp][] = [
    [{}, /^[0-9a-f]{32}$/],
    [{ TRACEPARENT: "nonsense" }, /^[0-9a-f]{32}$/],
    [{ TRACEPARENT: `00-${trace}-b7ad6b7169203331-01` }, new RegExp(`^${trace}$`)],
  ];
  for (const [env, expected] of cases) {
    await succeeds(space.fairlead([...build, "--metadata-file=md.json", "ctx"], env));
    const ref = JSON.parse(space.read("md.json"))["buildx.build.ref"].split("/").pop();
    const shown = await succeeds(space.fairlead(["history", "trace", ref]));
    const { data: [{ traceID, spans }] } = JSON.parse(shown.stdout);
    assert.match(traceID, expected);
    assert.ok(spans.length > 3);
  }
});
