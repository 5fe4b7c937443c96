/** Builders that the real buildx has made with its kubernetes driver, on a real Kubernetes. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { words } from "../drivers/engine.ts";
import { until } from "../harness/daemon.ts";
import { podImage } from "../harness/kube_containerd.ts";
import { startControllers } from "../harness/kube_controllers.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { need } from "../harness/tool.ts";
import { writeKubeconfig } from "./kube_cluster.ts";
import { succeeds } from "../harness/ended.ts";

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
    await succeeds(space.buildx([
      ...["create", "--name", "In_pods", "--node", "in_pods0", "--driver", "kubernetes", "--use"],
      ...["--driver-opt", `namespace=default,image=${podImage},replicas=2`],
      ...["--buildkitd-flags", "--oci-worker-snapshotter=native --oci-worker-net=host"],
    ]));
    const before = space.read(".store/instances/in_pods");
    // The node has its own kubeconfig; the environment's does not count.
    const elsewhere = { KUBECONFIG: "/nowhere/config" };
    const rows = async () => {
      const of = (stdout: string) =>
        words(stdout).filter((line) => /^(In_pods|\\_ in_pods)/.test(line)).join("\n");
      const [ours, theirs] = await Promise.all([
        space.inside(["ls", "--timeout=30s"], elsewhere),
        space.buildx(["ls"]),
      ]);
      return { ours: of(ours.stdout), theirs: of(theirs.stdout), reported: ours.stderr };
    };
    const build = () => space.inside(["build", "--progress=plain", "ctx"], elsewhere);

    await t.step("not made yet", async () => {
      const { ours, theirs, reported } = await rows();
      equal(ours, theirs);
      match(ours, / inactive$/);
      match(reported, /a build creates it, and so does fairlead inspect --bootstrap In_pods$/m);
    });

    await using _ = startControllers(api);
    await succeeds(space.buildx(["inspect", "--bootstrap"]));
    const pods = ["in-pods0-0", "in-pods0-1"];

    await t.step("running: a row a pod", async () => {
      const { ours, theirs } = await rows();
      equal(ours, theirs);
      equal(ours.match(/^\\_ in_pods0 .* running v0/gm)?.length, 2, ours);
      const [json, peer] = (await Promise.all([
        space.inside(["ls", "--format=json"], elsewhere),
        space.buildx(["ls", "--format=json"]),
      ])).map(({ stdout }) => {
        const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
        const { LastActivity: _, ...found } = lines.find(({ Name }) => Name === "In_pods");
        // buildx shows one pod's worker in both rows.
        for (const node of found.Nodes) delete node.IDs;
        return found;
      });
      deepEqual(json, peer);
      equal(json.Dynamic, true);
      const inspected = await Promise.all([
        space.inside(["inspect"], elsewhere),
        space.buildx(["inspect"]),
      ]);
      // buildx prints driver options in no order.
      const text = ({ stdout }: { stdout: string }) =>
        words(stdout).filter((line) => !/^(Driver Options|Last Activity):/.test(line)).join("\n");
      equal(text(inspected[0]), text(inspected[1]));
      const { stderr } = await succeeds(build());
      match(stderr, /it ran as 42/);
      match(stderr, /building with "In_pods" instance using kubernetes driver/);
    });

    await t.step("du and prune: all pods", async () => {
      const ids = async (...args: string[]) => {
        const { stdout } = await succeeds(space.inside(
          ["du", "--format={{.ID}}", ...args],
          { ...elsewhere, KUBECONFIG, BUILDX_BUILDER: "In_pods" },
        ));
        return stdout.split("\n").filter(Boolean).sort();
      };
      for (const name of pods) {
        const made = ["create", "--name", name, "--driver=remote", `kube-pod://${name}`];
        equal((await space.inside(made)).code, 0);
      }
      const each = () => Promise.all(pods.map((name) => ids("--builder", name)));
      // Different contexts come to different pods, sooner or later.
      for (let i = 0; i < 40 && (await each()).some((list) => list.length === 0); i++) {
        space.write({ [`c${i}/Dockerfile`]: `FROM scratch\nCOPY Dockerfile /${i}\n` });
        equal((await space.inside(["build", `c${i}`], elsewhere)).code, 0);
      }
      const [first, second] = await each();
      ok(first!.length > 0 && second!.length > 0);
      const all = [...first!, ...second!].sort();
      deepEqual(await ids(), all);
      // A builder that names the pods by their labels shows the same.
      const labels = "kube-pod://?selector=app=in-pods0&container=buildkitd";
      const own = ["create", "--name", "labelled", "--driver=remote", labels];
      equal((await space.inside(own)).code, 0);
      deepEqual(await ids("--builder", "labelled"), all);
      const listed = await space.inside(["ls", "--timeout=30s"], { KUBECONFIG });
      for (const pod of pods) match(listed.stdout, new RegExp(`kube-pod://${pod}\\S* +running`));
      equal((await space.inside(["rm", "labelled"])).code, 0);
      // buildx asks one pod.
      const theirs = await space.buildx(["du", "--format={{.ID}}"]);
      const peers = theirs.stdout.split("\n").filter(Boolean).sort();
      ok([first, second].some((list) => JSON.stringify(list) === JSON.stringify(peers)));
      await succeeds(space.inside(["prune", "-af"], elsewhere));
      deepEqual(await each(), [[], []]);
      for (const name of pods) await space.inside(["rm", name]);
    });

    await t.step("doctor: each pod", async () => {
      const { stdout } = await succeeds(space.inside(["doctor", "--transfer=0"], elsewhere));
      for (const name of pods) {
        ok(stdout.includes(`In_pods, node in_pods0 (pod ${name}): `), stdout);
      }
    });

    await t.step("history: of all pods", async () => {
      const { stdout } = await space.inside(["history", "ls", "--format={{.Name}}"], elsewhere);
      const names = stdout.split("\n").filter(Boolean);
      ok(names.length > 1, stdout);
    });

    await t.step("scaled to zero", async () => {
      const deployment = "/apis/apps/v1/namespaces/default/deployments/in-pods0";
      const found = await api.call("GET", deployment);
      await api.call("PUT", deployment, { ...found, spec: { ...found.spec, replicas: 0 } });
      const pods = "/api/v1/namespaces/default/pods?labelSelector=app=in-pods0";
      const stopped = async () =>
        (await api.call("GET", deployment)).status.readyReplicas === undefined &&
        (await api.call("GET", pods)).items.length === 0;
      ok(await until(stopped, 20_000));
      const { ours, theirs, reported } = await rows();
      equal(ours, theirs);
      match(ours, / stopped$/);
      match(reported, /deployment\/in-pods0 in namespace default has no pods/);
      match(
        reported,
        /hint: .*kubectl --kubeconfig=\S+ scale -n default deployment\/in-pods0 --repl/,
      );
    });
    equal(space.read(".store/instances/in_pods"), before, "nothing was changed");
    await api.call("DELETE", "/apis/apps/v1/namespaces/default/deployments/in-pods0");
  });
}
