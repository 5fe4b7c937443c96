import assert from "node:assert/strict";
import { BuildHistoryRecord } from "../../../proto/gen/control.ts";
import { messageOf } from "../../../proto/message_of.ts";
import { failedRecord, multiRecord, recordOf } from "../../../tests/commands/recorded_builds.ts";
import { inspectJson, templateValue } from "./inspect_values.ts";
import { inspectText } from "./inspect_text.ts";
import { inspection, type InspectionSources } from "./inspection.ts";
import { materialsIn } from "./materials.ts";

const nothing: InspectionSources = {
  state: undefined,
  cwd: "/home/me",
  failure: undefined,
  materials: [],
  attachments: [],
};
const options = { program: "fairlead", named: false, debug: false, url: "docker-desktop://x" };

Deno.test("a failed build, as it is printed", () => {
  const found = inspection(recordOf(failedRecord), {
    ...nothing,
    state: { Target: "bad", LocalPath: "/home/me/ctx", DockerfilePath: "" },
    failure: {
      sources: "Dockerfile:4\n----\n\n",
      step: "RUN exit 3",
      logs: ["first"],
      stack: "msg\n1 v0 buildkitd\n",
    },
  });
  const text = inspectText(found, options);
  assert.equal(
    text.replace(/Started:.*\n/, ""),
    `Name:\t\tctx (bad)
Ref:\t\tmgckkld8itwb17hzzh2uan2ae
Context:\tctx
Dockerfile:\tDockerfile
Target:\t\tbad

Duration:\t0.2s
Error:\t\tUnknown process "/bin/sh -c echo first; echo second >&2; exit 3" did not complete successfully: exit code: 3
Build Steps:\t6/6 (17% cached)


Dockerfile:4
----

Logs:
> => RUN exit 3:
> first

Enable --debug to see stack traces for error
Print build logs: fairlead history logs mgckkld8itwb17hzzh2uan2ae
View build in Docker Desktop: docker-desktop://x
`,
  );
  assert.match(inspectText(found, { ...options, debug: true }), /\nmsg\n1 v0 buildkitd\n\n/);
  assert.doesNotMatch(inspectText(found, { ...options, named: true }), /^Ref:/m);
});

Deno.test("JSON leaves out what is empty, and keeps what always stands there", () => {
  const found = inspection(recordOf(multiRecord), {
    ...nothing,
    materials: [{ URI: "pkg:docker/x", Digests: [] }],
    attachments: [{ digest: "sha256:a", platform: "linux/386", type: "t" }],
  });
  const json = JSON.parse(inspectJson(found));
  assert.deepEqual(Object.keys(json), [
    ...["Ref", "Dockerfile", "Platform", "StartedAt", "CompletedAt", "Duration", "Status"],
    ...["NumCompletedSteps", "NumTotalSteps", "NumCachedSteps", "Config", "Materials"],
    "Attachments",
  ]);
  assert.deepEqual(json.Platform, ["linux/amd64", "linux/386"]);
  assert.equal(json.Duration, 763_647_069);
  assert.deepEqual(json.Config, {});
  assert.deepEqual(json.Materials, [{ URI: "pkg:docker/x" }]);
  assert.equal(String((templateValue(found) as { Duration: unknown }).Duration), "763.647069ms");
});

Deno.test("attributes become settings; what has no name of its own is listed", () => {
  const FrontendAttrs = {
    "build-arg:A": "1",
    "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR": "1",
    "build-arg:SOURCE_DATE_EPOCH": "0",
    "label:l": "v",
    "context:base": "docker-image://alpine",
    "add-hosts": "a=1.2.3.4,b=::1",
    "no-cache": "one,two",
    "memory": "536870912",
    "memswap": "-1",
    "platform": "nonsense/x/y/z/w",
    "frontend.caps": "x",
    "cgroup-parent": "/p",
    "zzz": "last",
    "attest:sbom": "x",
    "vcs:source": "https://example.com/a.git",
    "vcs:revision": "abc",
  };
  const record = messageOf(BuildHistoryRecord, { Ref: "r", FrontendAttrs });
  const found = inspection(recordOf(record), nothing);
  assert.deepEqual(found.Config.ExtraHosts, ["a=1.2.3.4", "b=::1"]);
  assert.deepEqual(found.Config.NoCacheFilter, ["one", "two"]);
  assert.equal(found.Config.NoCache, false);
  assert.equal(found.KeepGitDir, true);
  assert.deepEqual(found.BuildArgs.map(({ Name }) => Name), ["A", "SOURCE_DATE_EPOCH"]);
  assert.deepEqual(found.NamedContexts, [{ Name: "base", Value: "docker-image://alpine" }]);
  assert.deepEqual(found.Config.RestRaw, [{ Name: "zzz", Value: "last" }]);
  assert.equal(found.VCSRevision, "abc");
  assert.equal(found.Status, "running");
  assert.match(found.Errors[0]!, /^failed to parse nonsense\/x\/y\/z\/w: \(/);
  const text = inspectText(found, options);
  assert.match(text, /^Memory:\s+512MiB$/m);
  assert.match(text, /^Memory Swap:\s+-1$/m);
  assert.match(text, /^NAMED CONTEXT\tVALUE\nbase\t\tdocker-image:\/\/alpine\n\n/m);
  assert.match(text, /\(running\)/);
});

Deno.test("the Dockerfile of a record without local state is clean of its folder's dot", () => {
  const dockerfileOf = (folder: string, filename: string) => {
    const FrontendAttrs = { filename, "vcs:localdir:dockerfile": folder };
    const record = messageOf(BuildHistoryRecord, { Ref: "r", FrontendAttrs });
    return inspection(recordOf(record), nothing).Dockerfile;
  };
  assert.equal(dockerfileOf(".", "Dockerfile"), "Dockerfile");
  assert.equal(dockerfileOf("./sub/", "D"), "sub/D");
  assert.equal(dockerfileOf("", "./D"), "./D");
});

Deno.test("materialsIn() reads both versions of provenance", () => {
  const list = [{ uri: "pkg:a", digest: { sha512: "2", sha256: "1" } }, {}];
  const expected = [{ URI: "pkg:a", Digests: ["sha256:1", "sha512:2"] }, { URI: "", Digests: [] }];
  assert.deepEqual(materialsIn({ buildDefinition: { resolvedDependencies: list } }), expected);
  assert.deepEqual(materialsIn({ materials: list }), expected);
  assert.deepEqual(materialsIn({}), []);
  assert.deepEqual(materialsIn(null), []);
});
