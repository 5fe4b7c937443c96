import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { tarHeader, tarPadding } from "../../../base/tar.ts";
import { fileChanges, listTar } from "./layer_files.ts";

function tar(files: Record<string, string>): ReadableStream<Uint8Array> {
  const parts = Object.entries(files).flatMap(([name, text]) => {
    const bytes = new TextEncoder().encode(text);
    return [tarHeader({ name, mode: 0o644, size: bytes.length }), bytes, tarPadding(bytes.length)];
  });
  return new Blob([...parts, new Uint8Array(1024)]).stream();
}

Deno.test("listTar() lists files, and fileChanges() says which of them differ", async () => {
  const a = await listTar(tar({ "src/": "", "src/a": "1", "src/b": "2", "src/gone": "" }));
  const b = await listTar(
    tar({ "src/": "", "src/a": "1", "src/b": "3", "src/new": "x".repeat(2000) }),
  );
  deepStrictEqual([...a.keys()], ["src/a", "src/b", "src/gone"]);
  deepStrictEqual(fileChanges(a, b), {
    changed: ["src/b"],
    added: ["src/new"],
    removed: ["src/gone"],
  });
});

Deno.test("listTar() reads names that are longer than a header holds", async () => {
  const long = "d/".repeat(80) + "file";
  const record = ` path=${long}\n`;
  const length = record.length + String(record.length + 3).length;
  const extended = new TextEncoder().encode(`${length}${record}`);
  const header = tarHeader({ name: "pax", mode: 0, size: extended.length });
  header[156] = "x".charCodeAt(0);
  const member = tarHeader({ name: "short", mode: 0o644, size: 0 });
  const stream = new Blob([
    header,
    extended,
    tarPadding(extended.length),
    member,
    new Uint8Array(512),
  ])
    .stream();
  deepStrictEqual([...(await listTar(stream)).keys()], [long]);
});

Deno.test("listTar() refuses what is no archive, or ends early", async () => {
  const bytes = new Uint8Array(await new Response(tar({ a: "x".repeat(3000) })).arrayBuffer());
  await rejects(listTar(new Blob([bytes.slice(0, 1200)]).stream()), /ends early/);
  await rejects(listTar(new Blob(["x".repeat(600)]).stream()), /not a tar archive/);
  strictEqual((await listTar(new Blob([]).stream())).size, 0);
});
