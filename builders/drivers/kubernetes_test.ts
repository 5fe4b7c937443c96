import assert from "node:assert/strict";
import { transports } from "../../transports/all.ts";
import { createRegistry } from "../../transports/registry.ts";
import { kubernetes } from "./kubernetes.ts";

const surroundings = { registry: createRegistry(transports), env: () => undefined };

function node(name: string, endpoint: string, driverOpts: Record<string, string> | null = null) {
  return { name, endpoint, driverOpts, platforms: null, flags: null, files: null, extra: {} };
}

Deno.test("a node of buildx's kubernetes driver is a selector of its Deployment's pods", () => {
  const endpoint = (...args: Parameters<typeof node>) =>
    kubernetes.target(node(...args), surroundings).endpoint;
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

Deno.test("what stops a node of buildx's kubernetes driver", () => {
  const stop = (options: Record<string, string>, kubeconfig = "") =>
    kubernetes.stopCommand!(
      node("n_0", `kubernetes:///b?deployment=n&kubeconfig=${kubeconfig}`, options),
      (name) => name === "KUBECONFIG" ? "/k" : undefined,
    );
  assert.equal(stop({}, "/k"), "kubectl scale deployment/n-0 --replicas=0");
  assert.equal(
    stop({ namespace: "ci", "persistent-volume-claim.requests.storage": "1Gi" }, "/other"),
    "kubectl --kubeconfig=/other scale -n ci statefulset/n-0 --replicas=0",
  );
});
