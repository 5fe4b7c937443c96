import { deepEqual } from "node:assert/strict";
import { makeTree } from "../../tests/harness/tree.ts";
import { removeUnused } from "./oci_prune.ts";

const [used, unused] = ["a".repeat(64), "b".repeat(64)];
const index = JSON.stringify({ manifests: [{ digest: `sha256:${used}`, size: 1 }] });

Deno.test("unused blobs are deleted, and no link leads to the deletion of other files", async () => {
  await using tree = await makeTree(`
    layout/index.json ${JSON.stringify(index)}
    layout/blobs/sha256/${used}
    layout/blobs/sha256/${unused}
    layout/blobs/sha512 -> ../../precious
    linked/index.json ${JSON.stringify(index)}
    linked/blobs -> ../folder
    folder/precious/file
    precious/file
  `);
  for (const layout of ["layout", "linked"]) removeUnused(`${tree.root}/${layout}`);
  const namesIn = (path: string) =>
    [...Deno.readDirSync(`${tree.root}/${path}`)].map((e) => e.name);
  deepEqual(namesIn("layout/blobs/sha256"), [used]);
  deepEqual(namesIn("precious"), ["file"]);
  deepEqual(namesIn("folder/precious"), ["file"]);
});
