import assert from "node:assert/strict";
import { builderFile, tempStore } from "../../tests/commands/temp_store.ts";
import { check } from "../../tests/harness/run.ts";
import { hashOf, Store } from "./store.ts";
import { transaction } from "./transaction.ts";

const signal = new AbortController().signal;
const group = {
  name: "Foo.Bar",
  driver: "remote",
  nodes: [],
  dynamic: false,
  extra: {},
};

/** Permissions don't bind root; the kernel's immutable folders do. */
const unwritable = "/proc/fairlead";

Deno.test("a transaction writes buildx's files with buildx's modes", async () => {
  using temp = tempStore();
  await transaction({ path: temp.path }, signal, async (txn) => {
    txn.save(group);
    await txn.setCurrent(
      { key: "unix:///var/run/docker.sock", name: "Foo.Bar", global: true },
      true,
    );
  });
  assert.deepEqual(temp.files(), [
    "activity/Foo.Bar",
    "current",
    "defaults/13c4025c96f36e94b348",
    "instances/foo.bar",
  ]);
  assert.equal(
    temp.read("current"),
    '{"Key":"unix:///var/run/docker.sock","Name":"Foo.Bar","Global":true}',
  );
  assert.equal(temp.read("defaults/13c4025c96f36e94b348"), "Foo.Bar");
  assert.match(temp.read("activity/Foo.Bar"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const mode = (path: string) => Deno.statSync(`${temp.path}/${path}`).mode! & 0o777;
  assert.deepEqual([".lock", "current", "instances/foo.bar"].map(mode), [0o600, 0o600, 0o600]);
  assert.deepEqual(["instances", "activity", "defaults"].map(mode), [0o700, 0o700, 0o700]);
});

Deno.test("remove() removes a builder's records under both spellings of its name", async () => {
  using temp = tempStore();
  await transaction({ path: temp.path }, signal, (txn) => txn.save(group));
  temp.write("activity/foo.bar", "2026-01-01T00:00:00Z");
  temp.write("refs/Foo.Bar/n0/abc", "{}");
  temp.write("refs/foo.bar/n0/abc", "{}");
  temp.write("refs/other/n0/abc", "{}");
  await transaction({ path: temp.path }, signal, (txn) => txn.remove("FOO.BAR"));
  assert.deepEqual(temp.files(), ["refs/other/n0/abc"]);
});

Deno.test("list() reports each file that is no builder, and leaves it alone", () => {
  using temp = tempStore();
  temp.write("instances/good", builderFile("Good", "tcp://h:1"));
  temp.write("instances/bad", "garbage");
  temp.write("instances/.tmp-x1", "");
  temp.write("instances/wrong", builderFile("other", "tcp://h:1"));
  temp.write("instances/Upper", builderFile("Upper", "tcp://h:1"));
  Deno.mkdirSync(`${temp.path}/instances/folder`);
  const before = temp.files();
  const { groups, broken } = new Store({ path: temp.path }).list();
  assert.deepEqual(groups.map((group) => group.name), ["Good"]);
  assert.deepEqual(broken.map(({ path }) => path.slice(temp.path.length + 11)), [
    ".tmp-x1",
    "Upper",
    "bad",
    "folder",
    "wrong",
  ]);
  assert.deepEqual(temp.files(), before);
});

Deno.test("find() takes a name in any case, and reports a broken file", () => {
  using temp = tempStore();
  temp.write("instances/good", builderFile("Good", "tcp://h:1"));
  temp.write("instances/bad", "{");
  const store = new Store({ path: temp.path });
  assert.equal(store.find("gOOD")?.name, "Good");
  assert.equal(store.find("none"), undefined);
  assert.equal(store.find("../current"), undefined);
  assert.throws(() => store.find("bad"), (error: Error & { hint?: string }) => {
    assert.match(error.message, /^cannot read builder "bad": /);
    assert.equal(error.hint, `repair or delete ${temp.path}/instances/bad`);
    return true;
  });
});

Deno.test("reading makes no folder, and needs none", async () => {
  using temp = tempStore();
  for (const dir of [undefined, { path: `${temp.path}/none` }, { path: unwritable }]) {
    const store = new Store(dir);
    assert.deepEqual(store.list(), { groups: [], broken: [] });
    assert.equal(store.find("x"), undefined);
    assert.equal(store.current(), undefined);
    assert.equal(await store.defaultName("x"), undefined);
    assert.equal(store.lastActivity("x"), undefined);
    await store.noteUse({ name: "x", origin: "store" });
  }
  assert.deepEqual([...Deno.readDirSync(temp.path)], []);
});

Deno.test("noteUse() notes the use of what is stored, or a docker context's, and no other", async () => {
  using temp = tempStore();
  temp.write("instances/good", builderFile("Good", "tcp://h:1"));
  temp.write("activity/Good", "2020-01-01T00:00:00Z");
  const store = new Store({ path: temp.path });
  await store.noteUse({ name: "Good", origin: "store" });
  await store.noteUse({ name: "box", origin: "docker context" });
  await store.noteUse({ name: "buildkit-host", origin: "BUILDKIT_HOST" });
  assert.ok(store.lastActivity("Good")!.getUTCFullYear() > 2020);
  assert.deepEqual(temp.files(), ["activity/Good", "activity/box", "instances/good"]);
});

Deno.test("a broken file that a choice needs is reported once, and counts as absent", async () => {
  using temp = tempStore();
  const told: string[] = [];
  const open = () =>
    new Store(
      { path: temp.path },
      ({ path, lacks, reason }) =>
        told.push(`${path.slice(temp.path.length + 1)} ${lacks}: ${reason}`),
    );
  const texts: [string, string?][] = [
    ["null"],
    ["{}"],
    ["", "it is not valid JSON"],
    ["\x1b[31mgarbage", "it is not valid JSON"],
    ["{\n,", "it is not valid JSON, from line 2 column 1 on"],
    ["[]", "the file is not an object"],
    ['{"Name":5}', "Name is not a string"],
  ];
  for (const [text, reason] of texts) {
    temp.write("current", text);
    const store = open();
    assert.equal(store.current()?.name || undefined, undefined);
    store.current();
    assert.deepEqual(told.splice(0), reason ? [`current choice of a builder: ${reason}`] : []);
  }
  Deno.removeSync(`${temp.path}/current`);
  for (const name of ["current", "activity/x", `defaults/${await hashOf("key")}`]) {
    Deno.mkdirSync(`${temp.path}/${name}`, { recursive: true });
  }
  const store = open();
  assert.equal(store.current(), undefined);
  assert.equal(store.lastActivity("x"), undefined);
  assert.equal(await store.defaultName("key"), undefined);
  assert.deepEqual(told.map((line) => line.replace(/[0-9a-f]{20}/, "HASH")), [
    "current choice of a builder: it is not a file",
    "activity/x time: it is not a file",
    "defaults/HASH name of a builder: it is not a file",
  ]);
});

Deno.test({
  name: "a store that can't be read is reported, and counts as empty",
  ignore: Deno.build.os === "windows",
}, async () => {
  using temp = tempStore();
  // Permissions don't bind root; a link to itself does.
  for (const name of ["instances", "defaults", "current"]) {
    Deno.symlinkSync(name, `${temp.path}/${name}`);
  }
  const told: string[] = [];
  const store = new Store({ path: temp.path }, ({ lacks }) => told.push(lacks));
  const { groups, broken } = store.list();
  assert.deepEqual([groups, broken.map(({ lacks }) => lacks)], [[], ["builders"]]);
  assert.equal(store.current(), undefined);
  assert.equal(await store.defaultName("key"), undefined);
  assert.deepEqual(told, ["choice of a builder", "names of builders"]);
  assert.throws(
    () => store.find("x"),
    /cannot read builder "x": too many levels of symbolic links/,
  );
  await store.noteUse({ name: "x", origin: "BUILDKIT_HOST" });
});

Deno.test({
  name: "a named pipe among the builders stops no reader",
  ignore: Deno.build.os === "windows",
}, async () => {
  using temp = tempStore();
  temp.write("instances/good", builderFile("Good", "tcp://h:1"));
  await check("mkfifo", [`${temp.path}/instances/pipe`, `${temp.path}/current`]);
  const store = new Store({ path: temp.path });
  assert.deepEqual(store.list().broken.map(({ reason }) => reason), ["it is not a file"]);
  assert.equal(store.current(), undefined);
});

Deno.test("a transaction that can't write says so, with a remedy", async () => {
  await assert.rejects(
    transaction({ path: unwritable }, signal, () => {}),
    (error: Error & { hint?: string }) => {
      assert.equal(error.name, "BuilderError");
      assert.match(error.message, /^cannot write to \/proc\/fairlead: /);
      assert.match(error.hint!, /BUILDX_CONFIG/);
      return true;
    },
  );
  await assert.rejects(transaction(undefined, signal, () => {}), /no folder to keep builders in/);
});

Deno.test("files of killed writers are removed; those of running writers and all others stay", async () => {
  for (const change of ["transaction", "use"]) {
    using temp = tempStore();
    const old = Date.now() / 1000 - 2 * 60 * 60;
    temp.write("instances/foo.bar", builderFile("Foo.Bar", "tcp://a:1"));
    for (const name of [".tmp-current12345678", ".tmp-foo.bar3141592653", ".tmp-new", "my.tmp-1"]) {
      temp.write(name, "half");
      if (name !== ".tmp-new") Deno.utimeSync(`${temp.path}/${name}`, old, old);
    }
    Deno.mkdirSync(`${temp.path}/.tmp-folder`);
    Deno.symlinkSync("my.tmp-1", `${temp.path}/.tmp-link`);
    if (change === "use") {
      await new Store({ path: temp.path }).noteUse({ name: "Foo.Bar", origin: "store" });
    } else await transaction({ path: temp.path }, signal, () => {});
    const left = [...Deno.readDirSync(temp.path)].map(({ name }) => name)
      .filter((name) => name.includes(".tmp-")).sort();
    assert.deepEqual(left, [".tmp-folder", ".tmp-link", ".tmp-new", "my.tmp-1"], change);
  }
});

Deno.test("writing refuses to replace anything but a regular file", async () => {
  using temp = tempStore();
  temp.write("elsewhere", "precious");
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${temp.path}/current`);
  const choose = transaction(
    { path: temp.path },
    signal,
    (txn) => txn.setCurrent({ key: "k", name: "n", global: false }, false),
  );
  await assert.rejects(choose, /is not a regular file/);
  assert.equal(temp.read("elsewhere"), "precious");
  assert.deepEqual(temp.files().filter((file) => file.includes("tmp")), []);
});

Deno.test("a transaction waits for the lock, and an interrupt ends the wait", async () => {
  using temp = tempStore();
  const dir = { path: temp.path };
  const order: string[] = [];
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const first = transaction(dir, signal, async () => {
    start();
    await released;
    order.push("first");
  });
  await started;
  const controller = new AbortController();
  const interrupted = transaction(dir, controller.signal, () => order.push("never"));
  const second = transaction(dir, signal, () => order.push("second"));
  controller.abort(new Error("interrupted"));
  await assert.rejects(interrupted, /interrupted/);
  release();
  await Promise.all([first, second]);
  assert.deepEqual(order, ["first", "second"]);
});

const appender = `
import { transaction } from ${JSON.stringify(import.meta.resolve("./transaction.ts"))};
import { withNode } from ${JSON.stringify(import.meta.resolve("./node_group.ts"))};
const [path, name] = Deno.args;
for (let i = 0; i < 15; i++) {
  await transaction({ path }, new AbortController().signal, async (txn) => {
    const group = txn.find("shared");
    await new Promise((resolve) => setTimeout(resolve, 1));
    txn.save(withNode(group, name + i, { endpoint: "tcp://" + name + ":" + (i + 1), platforms: [],
      driverOpts: undefined }, { append: true }));
  });
}`;

Deno.test("two processes that change one builder lose nothing", async () => {
  using temp = tempStore();
  temp.write("instances/shared", builderFile("shared", "tcp://h:1"));
  temp.write("add.ts", appender);
  const children = ["a", "b"].map((name) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-config", `${temp.path}/add.ts`, temp.path, name],
      stdout: "inherit",
      stderr: "inherit",
    }).spawn()
  );
  for (const child of children) assert.equal((await child.status).code, 0);
  assert.equal(new Store({ path: temp.path }).find("shared")!.nodes.length, 31);
  assert.deepEqual(temp.files(), ["activity/shared", "add.ts", "instances/shared"]);
});
