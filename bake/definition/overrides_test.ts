import { deepEqual, throws } from "node:assert/strict";
import { readHcl } from "../../tests/bake/read_hcl.ts";
import { resolveTargets } from "./resolve.ts";

/** Applies `--set` to a definition's target `t`, in HCL. */
async function overridden(text: string, ...overrides: string[]) {
  const definition = await readHcl([{ name: "b.hcl", text }]);
  const { targets, allowed } = resolveTargets(definition, {
    names: ["t"],
    overrides,
    env: () => undefined,
  });
  return { target: targets.get("t")!, allowed };
}

Deno.test("keys whose values buildx loses keep them here", async () => {
  const text = 'target "t" {\n  ulimits = ["core=1"]\n  no-cache-filter = ["a"]\n}';
  const { target } = await overridden(
    text,
    "t.network=host",
    "t.ulimits+=nofile=1:2",
    "t.no-cache-filter=b",
    "t.no-cache-filter=c",
  );
  deepEqual(target.network, "host");
  deepEqual(target.entitlements, ["network.host"]);
  deepEqual(target.ulimits, ["core=1", "nofile=1:2"]);
  deepEqual(target["no-cache-filter"], ["b", "c"]);
});

Deno.test("output, push and load apply in this order, in whatever order they are given", async () => {
  const { target } = await overridden(
    'target "t" {}',
    "t.load=true",
    "t.push=true",
    "t.output=type=image,name=x",
  );
  deepEqual(target.output, [
    { type: "image", dest: "", attrs: new Map([["name", "x"], ["push", "true"]]) },
    { type: "docker", dest: "", attrs: new Map() },
  ]);
});

Deno.test("paths that --set names are allowed", async () => {
  const { allowed } = await overridden(
    'target "t" { secret = ["id=s,src=/old"] }',
    "t.cache-from=type=local,src=/c",
    "t.cache-to=type=local,dest=/d",
    "t.output=/out",
    "t.secret.s=src=/new",
    "t.entitlements=network.host",
    "t.context=/elsewhere",
  );
  deepEqual(allowed, {
    read: ["/c", "/new"],
    write: ["/d", "/out"],
    networkHost: true,
    securityInsecure: false,
  });
});

Deno.test("a requested name must be one of the definition", () => {
  const definition = { targets: [], groups: [], variables: [] };
  const request = { names: [], overrides: [], env: () => undefined };
  throws(() => resolveTargets(definition, request), {
    message: "failed to find target default",
  });
});
