/** Builders that the real buildx has made with its kubernetes driver, on a real Kubernetes. */
import { equal, match } from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { words } from "../drivers/engine.ts";
import { deploy, undeploy } from "../harness/kube_deployment.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { need } from "../harness/tool.ts";
import { writeKubeconfig } from "./kube_cluster.ts";

/** Registers the tests. */
export function kubeDriver(cluster: Kubernetes): void {
  const { api } = cluster;

  Deno.test("a builder that buildx made in Kubernetes is reached and shown, and left alone", async (t) => {
    await using space = await workspace("unix:///no/buildkitd");
    const KUBECONFIG = await writeKubeconfig(cluster);
    Object.assign(space.env, { KUBECONFIG, BUILDX_BUILDER: "" });
    Deno.removeSync(space.path(".store/instances/test"));
    space.write({
      "ctx/Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nRUN echo it ran as $((40 + 2))\n",
    });
    Deno.copyFileSync(await need("busybox"), space.path("ctx/sh"));
    const made = await space.buildx([
      ...["create", "--name", "In_pods", "--node", "in_pods0", "--driver", "kubernetes", "--use"],
      ...["--driver-opt", "namespace=default,image=fl-buildkit"],
      ...["--buildkitd-flags", "--oci-worker-snapshotter=native --oci-worker-net=host"],
    ]);
    equal(made.code, 0, made.stderr);
    const before = space.read(".store/instances/in_pods");
    // The kubeconfig is the node's own: where the program is called has no say.
    const elsewhere = { KUBECONFIG: "/nowhere/config" };
    const rows = async () => {
      const of = (stdout: string) =>
        words(stdout).filter((line) => /^(In_pods|\\_ in_pods)/.test(line)).join("\n");
      const [ours, theirs] = await Promise.all([
        space.fairlead(["ls"], elsewhere),
        space.buildx(["ls"]),
      ]);
      return { ours: of(ours.stdout), theirs: of(theirs.stdout), told: ours.stderr };
    };
    const build = () => space.fairlead(["build", "--progress=plain", "ctx"], elsewhere);

    await t.step("not made yet", async () => {
      const { ours, theirs, told } = await rows();
      equal(ours, theirs);
      match(ours, / inactive$/);
      match(told, /let buildx make it: docker buildx inspect --bootstrap In_pods$/m);
      const { code, stderr } = await build();
      equal(code, 1);
      match(stderr, /no pod in namespace default has the labels app=in-pods0\nhint: let buildx/);
    });

    const booting = space.buildx(["inspect", "--bootstrap"]);
    const pods = await deploy(api, "in-pods0");
    const booted = await booting;
    equal(booted.code, 0, booted.stderr);

    await t.step("running", async () => {
      const { ours, theirs } = await rows();
      equal(ours, theirs);
      match(ours, / running v0/);
      const inspected = await Promise.all([
        space.fairlead(["inspect"], elsewhere),
        space.buildx(["inspect"]),
      ]);
      // buildx prints driver options in no order.
      const text = ({ stdout }: { stdout: string }) =>
        words(stdout).filter((line) => !/^(Driver Options|Last Activity):/.test(line)).join("\n");
      equal(text(inspected[0]), text(inspected[1]));
      const { code, stderr } = await build();
      equal(code, 0, stderr);
      match(stderr, /it ran as 42/);
      match(stderr, /building with "In_pods" instance using kubernetes driver/);
      const du = await space.fairlead(["du"], elsewhere);
      match(du.stdout, /^Total:/m);
    });

    await t.step("not ours to stop", async () => {
      const { code, stderr } = await space.fairlead(["stop"], elsewhere);
      equal(code, 1);
      match(stderr, /kubectl --kubeconfig=\S+ scale -n default deployment\/in-pods0 --replicas=0/);
    });

    await undeploy(api, "in-pods0", pods);

    await t.step("scaled to none", async () => {
      const { ours, theirs, told } = await rows();
      equal(ours, theirs);
      match(ours, / stopped$/);
      match(told, /deployment\/in-pods0 in namespace default has no pods/);
      match(told, /hint: .*kubectl --kubeconfig=\S+ scale -n default deployment\/in-pods0 --repl/);
    });
    equal(space.read(".store/instances/in_pods"), before, "nothing was changed");
  });
}
