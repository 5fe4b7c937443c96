import assert from "node:assert/strict";
import { testAlone } from "../tests/harness/alone.ts";
import { writeAtomically } from "./atomic_file.ts";

testAlone({
  name: "a file is replaced whole, with its mode, and no temporary file stays",
  file: import.meta.url,
}, async () => {
  const dir = await Deno.makeTempDir({ prefix: "fl-atomic-" });
  try {
    const path = `${dir}/a`;
    Deno.writeTextFileSync(path, "old and long");
    writeAtomically(path, "new", { mode: 0o600, sync: true });
    assert.equal(Deno.readTextFileSync(path), "new");
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    Deno.umask(0o077);
    writeAtomically(path, new Uint8Array([120]), { mode: 0o644 });
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    writeAtomically(path, "x", { mode: 0o644, exactMode: true });
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o644);
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["a"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a file that can't be replaced leaves no temporary file", async () => {
  const dir = await Deno.makeTempDir({ prefix: "fl-atomic-" });
  try {
    Deno.mkdirSync(`${dir}/taken/full`, { recursive: true });
    assert.throws(() => writeAtomically(`${dir}/taken`, "x", { mode: 0o600 }));
    assert.throws(
      () => writeAtomically(`${dir}/none/x`, "x", { mode: 0o600 }),
      Deno.errors.NotFound,
    );
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["taken"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
