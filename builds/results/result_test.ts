import assert from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { checkResultPath, imageId, metadataText, removeResult, writeResult } from "./result.ts";

Deno.test("the image's id is its config's digest, else its own", () => {
  assert.equal(imageId({ "containerimage.digest": "d", "containerimage.config.digest": "c" }), "c");
  assert.equal(imageId({ "containerimage.digest": "d" }), "d");
  assert.equal(imageId({}), "");
});

Deno.test("metadata embeds base64 JSON objects, and nothing else", () => {
  const descriptor = btoa('{"mediaType":"x","size":3}');
  const text = metadataText({
    "image.name": "a",
    "containerimage.descriptor": descriptor,
    "empty": btoa("{}"),
    "number": btoa("12"),
  });
  assert.deepEqual(JSON.parse(text), {
    "containerimage.descriptor": { mediaType: "x", size: 3 },
    "empty": btoa("{}"),
    "image.name": "a",
    "number": btoa("12"),
  });
  assert.deepEqual(Object.keys(JSON.parse(text))[0], "containerimage.descriptor");
});

Deno.test("a path where no file can be is reported before the build", () => {
  using folder = tempFolder();
  const dir = folder.path;
  Deno.writeTextFileSync(`${dir}/file`, "");
  checkResultPath(`${dir}/file`);
  checkResultPath(`${dir}/new`);
  for (const path of [dir, `${dir}/`, `${dir}/new/`]) {
    assert.throws(() => checkResultPath(path), {
      name: "UsageError",
      message: /is a directory$/,
    });
  }
  assert.throws(() => checkResultPath(`${dir}/no/x`), /stat .*\/no: no such file or directory$/);
  assert.throws(() => checkResultPath(`${dir}/file/x`), /stat .*\/file: not a directory$/);
});

Deno.test("a result file is replaced whole, and an unwritable one is named", () => {
  using folder = tempFolder();
  const dir = folder.path;
  writeResult(`${dir}/iid`, "one");
  writeResult(`${dir}/iid`, "two");
  assert.equal(Deno.readTextFileSync(`${dir}/iid`), "two");
  assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["iid"]);
  assert.throws(() => writeResult(`${dir}/no/iid`, "x"), /cannot write .*no\/iid/);
  removeResult(`${dir}/iid`);
  removeResult(`${dir}/iid`);
  assert.deepEqual([...Deno.readDirSync(dir)], []);
});
