/** Builders of the driver kubernetes on a real Kubernetes, made by either program. */
import { equal, match, ok } from "node:assert/strict";
import { parse } from "yaml";
import { type Workspace, workspace } from "../build/workspace.ts";
import { words } from "../drivers/engine.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { makeAccount, makeAccountOf, makeNamespace } from "../harness/kube_account.ts";
import { podImage } from "../harness/kube_containerd.ts";
import { startControllers } from "../harness/kube_controllers.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { until } from "../harness/daemon.ts";
import { need } from "../harness/tool.ts";
import { writeKubeconfig } from "./kube_cluster.ts";
import { fails, succeeds } from "../harness/ended.ts";

const apps = "/apis/apps/v1/namespaces/default";
const core = "/api/v1/namespaces/default";

/** Pods have no cgroup and no network of their own, as the tests' other daemons. */
const flags = "--oci-worker-snapshotter=native --oci-worker-net=host";

/** Registers the tests. */
export function kubeMaker(cluster: Kubernetes): void {
  const { api } = cluster;
  const names = async (path: string): Promise<string> =>
    (await api.call("GET", path)).items.map((each: { metadata: { name: string } }) =>
      each.metadata.name
    ).filter((name: string) => name !== "kube-root-ca.crt").join(" ");

  const podsGone = async (app = "ku0"): Promise<void> => {
    const path = `${core}/pods?labelSelector=app=${app}`;
    ok(await until(async () => await names(path) === "", 20_000));
  };

  async function space(kubeconfig?: string): Promise<Workspace> {
    const made = await workspace("unix:///no/buildkitd");
    const KUBECONFIG = kubeconfig ?? await writeKubeconfig(cluster);
    Object.assign(made.env, { KUBECONFIG, BUILDX_BUILDER: "" });
    Deno.removeSync(made.path(".store/instances/test"));
    made.write({
      "ctx/Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nRUN echo it ran as $((40 + 2))\n",
      "daemon.toml": "debug = true\n",
    });
    Deno.copyFileSync(await need("busybox"), made.path("ctx/sh"));
    return made;
  }

  Deno.test("kubernetes: made by one program; used, stopped and removed by the other", async (t) => {
    await using made = await space();
    await using _ = startControllers(api);
    const programs = { fairlead: made.inside, buildx: made.buildx };
    for (const [maker, other] of [["fairlead", "buildx"], ["buildx", "fairlead"]] as const) {
      const [make, use] = [programs[maker], programs[other]];
      const ok = async (program: typeof make, ...args: string[]) => {
        const ran = await program(args);
        equal(ran.code, 0, `${args.join(" ")}: ${ran.stderr}`);
        return ran;
      };
      const row = async (program: typeof make) =>
        words((await ok(program, "ls", "--timeout=30s")).stdout).filter((line) =>
          /^(Ku|\\_ ku0)/.test(line)
        )
          .join("\n");
      // One of them with volumes, and so a StatefulSet.
      const volumes = maker === "buildx"
        ? ["--driver-opt", "persistent-volume-claim.requests.storage=1Gi"]
        : [];
      const kind = maker === "buildx" ? "statefulsets" : "deployments";
      const create = [
        ...["create", "--name", "Ku", "--driver", "kubernetes", "--use", ...volumes],
        ...["--driver-opt", `image=${podImage},timeout=60s`, "--buildkitd-flags", flags],
        ...["--buildkitd-config", made.path("daemon.toml")],
      ];

      await t.step(`${maker} creates, ${other} shows, ${maker} boots by a build`, async () => {
        equal((await ok(make, ...create)).stdout, "Ku\n");
        equal(await row(use), await row(make));
        match(await row(use), / inactive$/);
        const { stderr } = await ok(make, "build", "--progress=plain", "ctx");
        match(stderr, /\[internal\] booting buildkit/);
        match(stderr, /waiting for 1 pods to be ready, timeout: About a minute/);
        match(stderr, /it ran as 42/);
        equal(await names(`${apps}/${kind}`), "ku0");
        equal(await names(`${core}/configmaps`), "ku0-config");
        equal(await row(use), await row(make));
        match(await row(use), / running v0/);
        match((await ok(use, "build", "--progress=plain", "ctx")).stderr, /it ran as 42|CACHED/);
      });

      await t.step("the daemon has its configuration and its flags", async () => {
        // buildx doesn't mount the configuration where there are volumes.
        if (maker === "buildx") return;
        const { stdout } = await ok(made.inside, "inspect");
        match(stdout, /^BuildKit daemon flags: --oci-worker-snapshotter=native .*network\.host$/m);
        match(stdout, /^ > debug = true$/m);
      });

      await t.step(`fairlead stops, ${other} boots again`, async () => {
        await ok(made.inside, "stop");
        equal(await names(`${apps}/${kind}`), "");
        match(await row(made.buildx), / inactive$/);
        await ok(use, "inspect", "--bootstrap");
        match(await row(make), / running v0/);
        await ok(made.buildx, "stop");
        match(await row(make), / running v0/);
      });

      await t.step(`${other} removes`, async () => {
        const { stderr } = await ok(use, "rm", "Ku");
        if (other === "fairlead") {
          match(stderr, /the volumes of node ku0 stay, .* delete pvc -n default buildkitd-ku0-0$/m);
        }
        equal(await names(`${apps}/${kind}`), "");
        equal(await names(`${core}/configmaps`), "");
        await podsGone();
      });
    }

    const create = (...options: string[]) =>
      made.inside([
        ...["create", "--name", "Ku", "--driver", "kubernetes", "--use"],
        ...[
          "--driver-opt",
          `image=${podImage},timeout=60s`,
          "--buildkitd-flags",
          flags,
          ...options,
        ],
      ]);

    await t.step("two nodes, 4 clients at once: one Deployment each", async () => {
      equal((await create()).code, 0);
      equal((await create("--append", "--node", "two", "--platform=linux/arm64")).code, 0);
      const booted = await Promise.all(
        Array.from({ length: 4 }, () => made.fairlead(["inspect", "--bootstrap"])),
      );
      equal(booted.find(({ code }) => code !== 0)?.stderr, undefined);
      equal(await names(`${apps}/deployments`), "ku0 two");
      await succeeds(made.inside(["create", "--leave", "--name", "Ku", "--node", "two"]));
      await api.call("DELETE", `${apps}/deployments/two`);
    });

    await t.step("an evicted pod is waited for; a lost Deployment is made again", async () => {
      await api.call("POST", `${core}/pods/ku0-0/eviction`, { metadata: { name: "ku0-0" } });
      await succeeds(made.inside(["build", "--progress=plain", "ctx"]));
      await api.call("DELETE", `${apps}/deployments/ku0`);
      await podsGone();
      const second = await succeeds(made.inside(["build", "--progress=plain", "ctx"]));
      match(second.stderr, /creating deployment\/ku0/);
    });

    await t.step("a Deployment that was scaled to zero is scaled up", async () => {
      const path = `${apps}/deployments/ku0`;
      const found = await api.call("GET", path);
      await api.call("PUT", path, { ...found, spec: { ...found.spec, replicas: 0 } });
      await podsGone();
      const { stderr } = await succeeds(made.inside(["build", "--progress=plain", "ctx"]));
      match(stderr, /scaling deployment\/ku0 up to 1, because it was scaled to zero/);
      equal((await made.inside(["rm", "Ku"])).code, 0);
    });

    await t.step(
      "pods that can't start: the reason, and the command that removes them",
      async () => {
        await create("--driver-opt", "image=fl-absent:1,timeout=4s");
        const absent = await fails(made.inside(["inspect", "--bootstrap"]));
        match(
          absent.stderr,
          /^ERROR: expected 1 replicas to be ready, got 0 after 4s: pod ku0-0 /m,
        );
        match(absent.stderr, /can't get the image fl-absent:1 \(ErrImageNeverPull\)/);
        match(
          absent.stderr,
          /^hint: see kubectl .*remove it by kubectl \S+ delete -n default dep/m,
        );
        match(
          (await made.inside(["doctor", "Ku"])).stdout,
          /can't be used: pod ku0-0 can't get the image fl-absent:1 .*; check --driver-opt image/,
        );
        equal((await made.inside(["rm", "Ku"])).code, 0);
        await create(
          "--driver-opt",
          `image=${podImage},timeout=15s`,
          "--buildkitd-flags",
          "--nope",
        );
        const dies = await fails(made.inside(["inspect", "--bootstrap"]));
        match(dies.stderr, /has a container buildkitd that ended \(Error, exit code 1\)/);
        match(dies.stderr, /its log says: .*nope/);
        match(
          (await made.inside(["doctor", "Ku"])).stdout,
          /can't be used: pod ku0-0 has a container buildkitd that ended .*; see kubectl .* describe pods -n default -l app=ku0$/m,
        );
        equal((await made.inside(["rm", "Ku"])).code, 0);
      },
    );

    await t.step("Ctrl-C while pods start names what may still get ready", async () => {
      await create("--driver-opt", "image=fl-absent:1,timeout=10m");
      const options = { cwd: made.dir, env: made.env };
      const boot = startFairlead(["inspect", "--bootstrap", "Ku"], options);
      await boot.until(/waiting for 1 pods to be ready/);
      boot.child.kill("SIGINT");
      const { code, stderr } = await boot.ended;
      equal(code, 130, stderr);
      match(
        stderr,
        /deployment\/ku0 may still get ready; to remove it: kubectl .*delete -n default deployment\/ku0$/m,
      );
      equal((await made.inside(["rm", "Ku"])).code, 0);
      equal(await names(`${apps}/deployments`), "");
    });

    await t.step("objects that are no builder's stay untouched", async () => {
      const labels = { app: "ku0" };
      const container = { name: "web", image: podImage };
      const template = { metadata: { labels }, spec: { containers: [container] } };
      await api.call("POST", `${apps}/deployments`, {
        metadata: { name: "ku0" },
        spec: { replicas: 0, selector: { matchLabels: labels }, template },
      });
      await create();
      for (const args of [["inspect", "--bootstrap"], ["build", "ctx"], ["stop"], ["rm", "Ku"]]) {
        const { code, stderr } = await made.inside(args);
        equal(code, 1, `${args}: ${stderr}`);
        match(stderr, /deployment\/ku0 in namespace default does not belong to a builder/);
      }
      equal(await names(`${apps}/deployments`), "ku0");
      await api.call("DELETE", `${apps}/deployments/ku0`);
      const data = { "index.html": "hello" };
      await api.call("POST", `${core}/configmaps`, { metadata: { name: "ku0-config" }, data });
      await create("--buildkitd-config", made.path("daemon.toml"));
      const { stderr } = await fails(made.inside(["inspect", "--bootstrap"]));
      match(stderr, /configmap\/ku0-config in namespace default does not belong to a builder/);
      equal((await made.inside(["rm", "Ku"])).code, 0);
      equal(await names(`${core}/configmaps`), "ku0-config");
      equal(await names(`${apps}/deployments`), "");
      await api.call("DELETE", `${core}/configmaps/ku0-config`);
    });
  });

  Deno.test("kubernetes: the Role in docs/builders.md is enough, for buildx, too", async () => {
    const page = await Deno.readTextFile(new URL("../../docs/builders.md", import.meta.url));
    const yaml = /^ {4}apiVersion: rbac.*\n(?:^ {4}.*\n)+/m.exec(page)![0];
    const role = parse(yaml);
    delete role.metadata.namespace;
    const token = await makeAccountOf(api, "default", "documented-builders", role);
    await using made = await space(await writeKubeconfig(cluster, { user: { token } }));
    await using _ = startControllers(api);
    const run = async (program: "fairlead" | "buildx", ...args: string[]) => {
      const ran = await made[program](args);
      equal(ran.code, 0, `${program} ${args.join(" ")}: ${ran.stderr}`);
      return ran.stdout;
    };
    const driver = ["create", "--name", "Doc", "--driver", "kubernetes", "--use"];
    const options = [
      ...["--driver-opt", `image=${podImage},timeout=60s`, "--buildkitd-flags", flags],
      ...["--buildkitd-config", made.path("daemon.toml")],
    ];
    await run("fairlead", ...driver, ...options);
    await run("fairlead", "build", "--progress=plain", "ctx");
    match(await run("fairlead", "ls", "--timeout=30s"), /doc0 .* running +v0/);
    match(await run("fairlead", "doctor", "--transfer=0"), /^ok +pods? /m);
    const path = `${apps}/deployments/doc0`;
    const found = await api.call("GET", path);
    await api.call("PUT", path, { ...found, spec: { ...found.spec, replicas: 0 } });
    await podsGone("doc0");
    await run("fairlead", "inspect", "--bootstrap");
    await run("buildx", "inspect", "--timeout=30s");
    await run("fairlead", "stop");
    await run("fairlead", "rm", "Doc");
    await run("buildx", ...driver, ...options);
    await run("buildx", "build", "--progress=plain", "ctx");
    await run("buildx", "rm", "Doc");
    // Where a right is missing, the error names it, and the page with all of them.
    const poor = role.rules.map((rule: { resources: string[] }) => ({
      ...rule,
      ...rule.resources.includes("configmaps") && { verbs: ["get"] },
    }));
    const less = { ...role, metadata: { name: "too-few" }, rules: poor };
    const other = await makeAccountOf(api, "default", "too-few", less);
    Object.assign(made.env, {
      KUBECONFIG: await writeKubeconfig(cluster, { user: { token: other } }),
    });
    await run("fairlead", ...driver, ...options);
    const { stderr } = await fails(made.fairlead(["inspect", "--bootstrap"]));
    match(
      stderr,
      /serviceaccount:default:too-few may not create configmaps in namespace default$/m,
    );
    match(
      stderr,
      /^hint: .*resources: \[configmaps\], verbs: .*; docs\/builders\.md has the whole Role$/m,
    );
    equal(await names(`${core}/configmaps`), "");
  });

  Deno.test("kubernetes: missing rights, quota and cluster have a message of their own", async (t) => {
    await makeNamespace(api, "poor");
    const token = await makeAccount(api, "poor", "reader", [
      { resources: ["pods"], verbs: ["get", "list"] },
    ]);
    await using made = await space(
      await writeKubeconfig(cluster, { user: { token }, namespace: "poor" }),
    );
    const create = (...options: string[]) =>
      made.inside(["create", "--name", "Ku", "--driver", "kubernetes", "--use", ...options]);
    equal((await create()).code, 0);

    await t.step("no rights", async () => {
      const { stderr } = await fails(made.inside(["inspect", "--bootstrap"]));
      match(stderr, /serviceaccount:poor:reader may not get deployments in namespace poor$/m);
      match(
        stderr,
        /^hint: bind it .*apiGroups: \["apps"\], resources: \[deployments\], verbs: \[get, create, /m,
      );
    });

    await t.step("a quota", async () => {
      const path = "/api/v1/namespaces/poor/resourcequotas";
      const spec = { hard: { "count/deployments.apps": "0" } };
      const quota = await api.call("POST", path, { metadata: { name: "none" }, spec });
      // The controller that fills in the status is not here.
      const status = { hard: spec.hard, used: { "count/deployments.apps": "0" } };
      await api.call("PUT", `${path}/none/status`, { ...quota, status });
      Object.assign(made.env, { KUBECONFIG: await writeKubeconfig(cluster) });
      await made.inside(["rm", "Ku"]);
      const config = ["--buildkitd-config", made.path("daemon.toml")];
      equal((await create("--driver-opt", "namespace=poor", ...config)).code, 0);
      const { stderr } = await fails(made.inside(["inspect", "--bootstrap"]));
      match(stderr, /^ERROR: .*namespace poor is at its quota: none, requested: count\/deploy/m);
      equal(await names("/api/v1/namespaces/poor/configmaps"), "", "nothing half-made stays");
      await made.inside(["rm", "Ku"]);
    });

    await t.step("options", async () => {
      for (
        const [option, expected] of [
          [
            "replica=1",
            /did you mean replicas\?[^]*invalid driver option replica for driver kubernetes$/m,
          ],
          ["replicas=0", /invalid replicas 0: a builder needs at least one pod/],
          ["limits.memory=1Q", /driver option limits\.memory=1Q$[^]*quantities must match/m],
          ["memory=1g", /invalid driver option memory for driver kubernetes/],
        ] as const
      ) {
        const { stderr } = await fails(create("--driver-opt", option));
        match(stderr, expected);
      }
      const endpoint = await create("tcp://127.0.0.1:1");
      match(endpoint.stderr, /kubernetes driver does not support endpoint args "tcp:/);
    });

    await t.step("no kubeconfig: nothing is stored", async () => {
      const nowhere = { KUBECONFIG: "/nowhere/config" };
      const { stderr } = await fails(made.inside(
        ["create", "--name", "Ku", "--driver", "kubernetes"],
        nowhere,
      ));
      match(stderr, /the kubeconfig \/nowhere\/config can't be read: there is no such file$/m);
      equal((await made.inside(["inspect", "Ku"])).code, 1);
    });
  });
}
