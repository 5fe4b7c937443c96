import assert from "node:assert/strict";
import { transports } from "../../transports/all.ts";
import { createRegistry } from "../../transports/registry.ts";
import { nodeOf } from "../../tests/commands/stored_nodes.ts";
import { kubernetes } from "./kubernetes.ts";

const surroundings = { registry: createRegistry(transports), env: () => undefined };

Deno.test("a node of the kubernetes driver is a selector of its Deployment's pods", () => {
  const endpoint = (
    name: string,
    endpoint: string,
    driverOpts: Readonly<Record<string, string>> | null = null,
  ) => kubernetes.target(nodeOf(name, { endpoint, driverOpts }), surroundings).endpoint;
  // The Deployment is called as the node; the endpoint's own `deployment` may be another.
  assert.equal(
    endpoint("made_0", "kubernetes:///Made?deployment=buildkit-x-1d0b9&kubeconfig="),
    "kube-pod://?selector=app=made-0&container=buildkitd&loadbalance=sticky",
  );
  assert.equal(
    endpoint("n", "kubernetes:///b?deployment=n&kubeconfig=%2Fhome%2Fme%2Fk.yaml", {
      namespace: "ci",
      loadbalance: "random",
      image: "moby/buildkit",
    }),
    "kube-pod://?selector=app=n&namespace=ci&container=buildkitd&kubeconfig=/home/me/k.yaml" +
      "&loadbalance=random",
  );
  assert.throws(() => endpoint("n", "kubernetes:///b", { loadbalance: "least" }), {
    message: 'node n: invalid loadbalance "least"',
  });
});
