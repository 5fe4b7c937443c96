/** Files that the folder has are not requested, if the sender's statement has their digests. */
import { deepEqual, equal, match } from "node:assert/strict";
import { encode, folder, listing, receiveRaw, scene, stat } from "../../tests/fsync/raw_sender.ts";
import { sha256Of } from "../registry/digest.ts";

const prefix = ".p-";
const STATEMENT = `${prefix}provenance.json`;

/** A statement about files with these contents. */
async function statement(files: Readonly<Record<string, string>>): Promise<string> {
  const subject = await Promise.all(
    Object.entries(files).map(async ([name, content]) => ({
      name,
      digest: { sha256: (await sha256Of(encode(content))).slice("sha256:".length) },
    })),
  );
  return JSON.stringify({ subject }, null, 2);
}

interface Case {
  /** The folder before, as `writeTree` takes it. */
  readonly before: string;
  readonly files: Readonly<Record<string, string>>;
  /** The text of the statement; undefined for a true one, and null for none. */
  readonly says?: string | null;
  readonly deleteOthers?: boolean;
}

/** Receives files, compares them, and returns the paths that were requested. */
async function requested({ before, files, says, deleteOthers = false }: Case): Promise<string[]> {
  await using there = await scene(before);
  const said = says === null ? {} : { [STATEMENT]: says ?? await statement(files) };
  const contents: Record<string, string> = { ...said, ...files };
  const stats = Object.entries(contents).map(([path, content]) =>
    stat(path, { size: encode(content).length })
  );
  const { error, log } = await receiveRaw(there.dest, stats, contents, {
    deleteOthers,
    statementPrefix: prefix,
  });
  equal(error, undefined);
  for (const [path, content] of Object.entries(files)) {
    const info = Deno.lstatSync(`${there.dest}/${path}`);
    equal(info.isFile, true, path);
    equal(info.mtime!.getTime(), 1_700_000_000_000, path);
    equal(info.mode! & 0o777, 0o644, path);
    equal(Deno.readTextFileSync(`${there.dest}/${path}`), content, path);
  }
  const names = [...Deno.readDirSync(there.dest)].map(({ name }) => name);
  equal(names.some((name) => name.startsWith(".")), false, "no statement, and nothing temporary");
  if (deleteOthers) deepEqual(names.sort(), Object.keys(files).sort());
  return log.filter((entry) => entry !== "fin");
}

const long = "0123456789".repeat(60_000);

Deno.test("only files that the folder lacks are requested, whatever their size and time", async () => {
  const files = { a: "same", b: "new!", c: "longer", d: "", e: long, f: `${long.slice(1)}x` };
  const before = `
    dest/a "same" 0600 @5
    dest/b "old!" 0644 @1700000000
    dest/c "long"
    dest/d ""
    dest/e "${long}"
    dest/f "${long}"
    dest/other "x"
  `;
  for (const deleteOthers of [false, true]) {
    deepEqual(await requested({ before, files, deleteOthers }), [STATEMENT, "b", "c", "f"]);
  }
});

Deno.test("no entry but a regular file is read", async () => {
  const before = `
    outside "same"
    dest/a -> ../outside
    dest/b/in "same"
    dest/c fifo
  `;
  const files = { a: "same", b: "same", c: "same" };
  deepEqual(await requested({ before, files }), [STATEMENT, "a", "b", "c"]);
});

Deno.test("without a true statement, everything is requested", async () => {
  const before = `dest/a "same"\ndest/b "same"`;
  const files = { a: "same", b: "same" };
  const all = ["a", "b"];
  deepEqual(await requested({ before, files, says: null }), all);
  const lies = [
    "",
    "{",
    "null",
    "[]",
    '{"subject":{}}',
    '{"subject":[null]}',
    '{"subject":[{"name":"a","digest":{"sha256":5}}]}',
    '{"subject":[{"name":5,"digest":null}]}',
    await statement({ a: "lie", b: "" }),
    // The subjects of something in the predicate are other files.
    JSON.stringify({ predicate: JSON.parse(await statement({ a: "same", b: "same" })) }, null, 2),
    JSON.stringify({ predicate: `\n  "subject": [\n${await statement(files)}` }, null, 2),
    await statement({ "./a": "same", "../dest/b": "same" }),
  ];
  for (const says of lies) deepEqual(await requested({ before, files, says }), [STATEMENT, ...all]);
});

Deno.test("a file under two names is replaced, and its other name keeps the old attributes", async () => {
  await using there = await scene(`dest/a "same" 0600\nmine => dest/a`);
  const contents = { [STATEMENT]: await statement({ a: "same" }), a: "" };
  const stats = [stat(STATEMENT, { size: 1 }), stat("a", { size: 4 })];
  const { error } = await receiveRaw(there.dest, stats, contents, { statementPrefix: prefix });
  equal(error, undefined);
  const [mine, a] = [`${there.root}/mine`, `${there.dest}/a`].map((path) => Deno.statSync(path));
  equal(mine!.mode! & 0o777, 0o600);
  equal(a!.mode! & 0o777, 0o644);
  equal(mine!.ino === a!.ino, false);
});

Deno.test("platforms have statements of their own; a frontend's attestations are written", async () => {
  for (const deleteOthers of [false, true]) {
    await using there = await scene(`
      dest/amd64/a "same"
      dest/arm64/a "same"
      dest/arm64/sbom.json "old"
    `);
    const contents = {
      [`amd64/${STATEMENT}`]: await statement({ a: "same" }),
      "amd64/a": "",
      [`arm64/${STATEMENT}`]: await statement({ a: "else" }),
      [`arm64/${prefix}sbom.json`]: "new",
      "arm64/a": "else",
    };
    const paths = Object.keys(contents);
    const stats = [
      folder("amd64"),
      ...paths.slice(0, 2).map((path) => stat(path, { size: 4 })),
      folder("arm64"),
      ...paths.slice(2).map((path) => stat(path, { size: 4 })),
    ];
    const { error, log } = await receiveRaw(there.dest, stats, contents, {
      deleteOthers,
      statementPrefix: prefix,
    });
    equal(error, undefined);
    deepEqual(log, [paths[0], paths[2], paths[3], paths[4], "fin"]);
    const names = (await listing(there.dest)).split("\n").map((line) => line.split(" ")[0]);
    deepEqual(names, ["", "amd64", "amd64/a", "arm64", "arm64/a", "arm64/sbom.json"]);
    equal(Deno.readTextFileSync(`${there.dest}/amd64/a`), "same");
    equal(Deno.readTextFileSync(`${there.dest}/arm64/sbom.json`), "new");
  }
});

Deno.test("what follows the prefix of a statement's name must be a name, too", async () => {
  for (const name of ["", ".", ".."]) {
    for (const above of ["", "in/"]) {
      await using there = await scene(`dest/in/a "mine"\noutside "mine"`);
      const stats = [folder("in"), stat(`${above}${prefix}${name}`, { size: 4 })];
      const sorted = above === "" ? stats.reverse() : stats;
      const { error } = await receiveRaw(there.dest, sorted, "evil", { statementPrefix: prefix });
      match(String(error), /cannot accept the path/, `${above}${name}`);
      equal(Deno.readTextFileSync(`${there.dest}/in/a`), "mine");
      equal(Deno.readTextFileSync(`${there.root}/outside`), "mine");
    }
  }
});

Deno.test("no statement becomes objects that fill the memory", async () => {
  const program = `
    import { receiveRaw, scene, stat } from "${new URL(
    "../../tests/fsync/raw_sender.ts",
    import.meta.url,
  )}";
    await using there = await scene('dest/a "same"');
    const says = '{\\n  "subject": [' + "{},".repeat(7e6) + "0\\n  ]\\n}";
    const stats = [stat(".p-provenance.json", { size: says.length }), stat("a", { size: 4 })];
    const contents = { ".p-provenance.json": says, a: "same" };
    const { error, log } = await receiveRaw(there.dest, stats, contents, { statementPrefix: ".p-" });
    console.log(error ?? log.join());
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--v8-flags=--max-old-space-size=300", program],
    clearEnv: false,
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  equal(out, ".p-provenance.json,a,fin\n", err!.slice(0, 2000));
});
