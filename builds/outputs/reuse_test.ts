import { deepEqual, equal, match, ok } from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { DEFAULT_PROVENANCE } from "../../buildkit/solve_request.ts";
import { askForDigests, isElsewhere } from "./reuse.ts";

const attrs = { "attest:provenance": DEFAULT_PROVENANCE };

Deno.test("digests are asked for where a folder has entries, and the daemon is far", () => {
  using folder = tempFolder();
  const cwd = folder.path;
  Deno.mkdirSync(`${cwd}/empty`);
  Deno.mkdirSync(`${cwd}/full/in`, { recursive: true });
  const cases: [path: string, endpoint: string, reuse: boolean | undefined, asks: boolean][] = [
    ["full", "tcp://10.0.0.1:1234", undefined, true],
    ["full", "tcp://10.0.0.1:1234", false, false],
    ["full", "unix:///run/buildkit/buildkitd.sock", undefined, false],
    ["empty", "tcp://10.0.0.1:1234", undefined, false],
    ["none", "tcp://10.0.0.1:1234", undefined, false],
    ["none", "unix:///s", true, true],
  ];
  for (const [path, endpoint, reuse, asks] of cases) {
    const only = reuse === undefined ? {} : { reuse };
    const target = { to: "directory", path, mode: "copy", ...only } as const;
    const output = { type: "local", attrs: { a: "b" }, target };
    const asked = askForDigests({ outputs: [output], attrs }, { endpoint, cwd });
    if (!asks) {
      deepEqual(asked, { outputs: [output], attrs });
      continue;
    }
    const [{ attrs: given, target: changed } = output] = asked.outputs;
    const prefix = (given as Record<string, string>)["attestation-prefix"]!;
    match(prefix, /^\.fairlead-\w+-$/);
    equal((changed as { statementPrefix?: string }).statementPrefix, prefix);
    equal(asked.attrs["attest:provenance"], "mode=min");
    // Other outputs would show the provenance, too; and provenance that was asked for is written.
    const tar = { type: "tar", attrs: {}, target: { to: "stdout" } } as const;
    if (reuse) continue;
    for (
      const unusual of [
        { outputs: [output, tar], attrs },
        { outputs: [output], attrs: {} },
        { outputs: [output], attrs: { "attest:provenance": "mode=max" } },
        { outputs: [output], attrs: { ...attrs, "attest:sbom": "" } },
      ]
    ) deepEqual(askForDigests(unusual, { endpoint, cwd }), unusual);
  }
});

Deno.test("isElsewhere() knows endpoints on other machines", () => {
  const far = ["tcp://h:1", "tcp://192.0.2.1:1", "ssh://u@h", "kube-pod://p", "kubernetes:///b"];
  for (const endpoint of far) ok(isElsewhere(endpoint), endpoint);
  const near = [
    ...["unix:///s", "docker-container://c", "default", "", "npipe:////./pipe/x"],
    ...["tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://[::1]:1", "ssh://u@127.0.0.1:22/s"],
  ];
  for (const endpoint of near) equal(isElsewhere(endpoint), false, endpoint);
});
