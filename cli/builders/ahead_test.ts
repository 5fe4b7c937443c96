import assert from "node:assert/strict";
import { collector, fakeDeps } from "../../tests/commands/fake_deps.ts";
import { builderFile, tempStore } from "../../tests/commands/temp_store.ts";
import { withChanges } from "../deps.ts";
import { builderAhead } from "./ahead.ts";

/** The surroundings of a command on a store with the builder "far", and a broken choice of it. */
function surroundings() {
  const store = tempStore();
  store.write("instances/far", builderFile("far", "tcp://127.0.0.1:1"));
  store.write("current", "garbage");
  const stderr = collector();
  const deps = fakeDeps([], { env: store.env }, collector(), stderr);
  return { store, stderr, deps, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

Deno.test("builderAhead() holds warnings back until the choice is taken", async () => {
  using it = surroundings();
  using ahead = await builderAhead(it.deps, "");
  assert.equal(it.stderr.text(), "");
  const { builder, store } = ahead.take(it.deps);
  assert.equal(builder.name, "default");
  assert.match(it.stderr.text(), /^WARNING: .*current is skipped, because .*\n$/);
  assert.equal(store.find("far")?.name, "far");
});

Deno.test("builderAhead() writes also later warnings where its taker wants them", async () => {
  using it = surroundings();
  using ahead = await builderAhead(it.deps, "far");
  const stderr = collector();
  const { store } = ahead.take(withChanges(it.deps, { stderr }));
  assert.equal(store.current(), undefined);
  assert.match(stderr.text(), /^WARNING: .*current is skipped/);
  assert.equal(it.stderr.text(), "");
});

Deno.test("builderAhead() throws the choice's error only to the one who takes it", async () => {
  using it = surroundings();
  using ahead = await builderAhead(it.deps, "nobody", () => assert.fail("nothing is dialled"));
  assert.throws(() => ahead.take(it.deps), /no builder "nobody" found/);
});

Deno.test("builderAhead() reads the store once, and connects until it is disposed of", async () => {
  using it = surroundings();
  let open = 0;
  {
    using ahead = await builderAhead(it.deps, "far", ({ name }) => {
      assert.equal(name, "far");
      open++;
      return { [Symbol.dispose]: () => void open-- };
    });
    it.store.write("instances/far", builderFile("far", "tcp://127.0.0.1:2"));
    assert.equal(open, 1);
    assert.equal(ahead.take(it.deps).builder.nodes[0]!.endpoint, "tcp://127.0.0.1:1");
  }
  assert.equal(open, 0);
});
