import { equal } from "node:assert/strict";
import { removedLater } from "../../../tests/harness/remove_folder.ts";
import type { CredentialSource } from "./credentials.ts";
import { scopedCredentials } from "./scoped_credentials.ts";

function source(name: string): CredentialSource {
  return {
    lookup: () => Promise.resolve({ username: name, secret: "s" }),
    has: () => Promise.resolve(false),
  };
}

Deno.test("the folder for host, repository and action is taken, else the base", async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  for (
    const folder of ["r.io", "r.io@push", "r.io/a/b", "r.io/a/b@pull,push", "r.io/none", "x.io"]
  ) {
    Deno.mkdirSync(`${dir}/${folder}`, { recursive: true });
    if (folder.endsWith("none")) continue;
    Deno.writeTextFileSync(`${dir}/${folder}/config.json`, "{}");
  }
  const scoped = scopedCredentials(
    dir,
    source("base"),
    (folder) => source(folder.slice(dir.length + 1)),
  );
  const cases: [string, string[], string][] = [
    ["r.io", [], "base"],
    ["r.io", ["repository:a/b:pull"], "r.io/a/b"],
    ["r.io", ["repository:a/b:pull,push"], "r.io/a/b@pull,push"],
    ["r.io", ["repository:a/b:pull repository:a/b:push"], "r.io/a/b@pull,push"],
    ["r.io", ["repository:c:pull"], "r.io"],
    ["r.io", ["repository:c:pull,push"], "r.io@push"],
    ["r.io", ["repository:a/b:pull", "repository:c:pull"], "base"],
    ["r.io", ["repository:none:pull"], "r.io"],
    ["x.io", ["registry:catalog:*"], "x.io"],
    ["y.io", ["repository:a/b:pull"], "base"],
  ];
  for (const [host, scopes, want] of cases) {
    equal((await scoped.lookup(host, scopes))?.username, want, `${host} ${scopes}`);
  }
  equal(await scoped.has("x.io"), true);
  equal(await scoped.has("y.io"), false);
  const nowhere = scopedCredentials(`${dir}/nowhere`, source("base"), source);
  equal((await nowhere.lookup("r.io", ["repository:a/b:pull"]))?.username, "base");
});
