import { deepEqual, equal } from "node:assert/strict";
import type { PreparedBuild } from "../prepare.ts";
import { withLinkedCredentials } from "./links.ts";

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

/** A build of which only links and credentials are looked at. */
function build(
  links: Record<string, string>,
  secrets: Record<string, string>,
  agents: string[],
): PreparedBuild {
  return {
    opened: { read: [], write: [] },
    inputs: { links: new Map(Object.entries(links)) },
    secrets: (id: string) =>
      Promise.resolve(id in secrets ? new TextEncoder().encode(secrets[id]) : undefined),
    agents: new Map(agents.map((id) => [id, id])),
  } as unknown as PreparedBuild;
}

Deno.test("a session has the credentials of all targets that its build is made from", async () => {
  const builds = new Map([
    ["app", build({ lib: "lib" }, { own: "app's" }, ["app"])],
    ["lib", build({ base: "base" }, { own: "lib's", token: "lib's" }, [])],
    ["base", build({}, { deep: "base's" }, ["default"])],
    ["other", build({}, { foreign: "other's" }, ["other"])],
  ]);
  const app = withLinkedCredentials(builds.get("app")!, builds);
  equal(text(await app.secrets("own")), "app's");
  equal(text(await app.secrets("token")), "lib's");
  equal(text(await app.secrets("deep")), "base's");
  equal(await app.secrets("foreign"), undefined);
  deepEqual([...app.agents.keys()].sort(), ["app", "default"]);
});

Deno.test("a build without links keeps its own credentials alone", () => {
  const alone = build({}, {}, []);
  equal(withLinkedCredentials(alone, new Map([["a", alone]])), alone);
});
