import assert from "node:assert/strict";
import { readPodOptions } from "./options.ts";
import { checkQuantity } from "./quantity.ts";

Deno.test("amounts, by the rules of Kubernetes", () => {
  for (const good of ["0", "1", "+1.5", "-2", ".5", "1.", "500m", "2Gi", "1e3", "1E-2", "10E"]) {
    assert.equal(checkQuantity(good), good);
  }
  for (const bad of ["", "1Q", "one", "1 Gi", "1GiB"]) {
    assert.throws(() => checkQuantity(bad), /quantities must match/, bad);
  }
  for (const bad of ["1ki", "1ee", "1mm", "1GM"]) {
    assert.throws(() => checkQuantity(bad), /unable to parse quantity's suffix/, bad);
  }
});

Deno.test("driver options of kubernetes, and their errors in buildx's words", () => {
  const read = (driverOpts: Record<string, string>) => readPodOptions({ driverOpts });
  assert.deepEqual(read({ nodeselector: '"a=b,c="' }).nodeSelector, { a: "b", c: "" });
  assert.deepEqual(read({ tolerations: "key=a,operator=Exists;effect=NoSchedule,x" }).tolerations, [
    { key: "a", operator: "Exists" },
    { effect: "NoSchedule" },
  ]);
  assert.equal(read({ rootless: "true" }).image, "moby/buildkit:buildx-stable-1-rootless");
  assert.equal(read({ rootless: "true", image: "" }).image, "moby/buildkit:buildx-stable-1");
  assert.equal(read({ timeout: "1m30s" }).timeout, 90_000);
  const cases: [Record<string, string>, RegExp][] = [
    [{ replicas: "x" }, /strconv\.ParseInt: parsing "x": invalid syntax/],
    [{ replicas: "3000000000" }, /strconv\.ParseInt: parsing "3000000000": value out of range/],
    [{ replicas: "-1" }, /invalid replicas -1/],
    [{ labels: "app=x" }, /the label "app" is reserved and cannot be customized/],
    [{ labels: "a" }, /cannot parse labels: invalid key-value pair: a/],
    [{ timeout: "soon" }, /cannot parse timeout: time: invalid duration "soon"/],
    [{ cpu: "1" }, /invalid driver option cpu for driver kubernetes/],
  ];
  for (const [options, expected] of cases) assert.throws(() => read(options), expected);
});
