/** Credentials for a real Kubernetes, and the routes to it. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { kubePod } from "../../transports/schemes/kube_pod.ts";
import type { DialContext } from "../../transports/transport.ts";
import { makeAccount, makeAccountOf, makeNamespace } from "../harness/kube_account.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { check } from "../harness/run.ts";
import { writeAll } from "../../base/bytes.ts";
import { readExactly } from "../../transports/contract/expect.ts";
import { context } from "./contract_help.ts";
import { fairleadCommand } from "../harness/fairlead.ts";
import { dialKube, fails, reaches, startPeerPod, using, writeKubeconfig } from "./kube_cluster.ts";
import { kubeFront } from "./kube_front.ts";
import { kubeProxy } from "./kube_proxy.ts";

/** Registers the tests. */
export function kubeWays(cluster: Kubernetes): void {
  const { api, server, certs, admin, root } = cluster;
  const enter = { resources: ["pods/exec"], verbs: ["create", "get"] };
  const base64 = async (path: string) => (await Deno.readFile(path)).toBase64();

  Deno.test("kube-pod: credentials of every kind are accepted", async (t) => {
    await using peer = await startPeerPod(cluster);
    const token = await makeAccount(api, "default", "worker", [enter]);
    const as = async (user: Record<string, unknown>, inner?: DialContext) =>
      using(await writeKubeconfig(cluster, { user }), inner);
    await t.step("a kubeconfig with inline data", async () => {
      const kubeconfig = await writeKubeconfig(cluster, {
        cluster: { server, "certificate-authority-data": await base64(certs.ca.cert) },
        user: {
          "client-certificate-data": await base64(admin.cert),
          "client-key-data": await base64(admin.key),
        },
      });
      await reaches(peer.endpoint, using(kubeconfig));
    });
    await t.step("a token", async () => void await reaches(peer.endpoint, await as({ token })));
    await t.step("a token file, read anew at each dial", async () => {
      const context = await as({ tokenFile: "token" });
      await fails(
        peer.endpoint,
        context,
        /the token file \S+\/token of user me of .* can't be read: there is no such file/,
        "config",
      );
      await Deno.writeTextFile(`${root}/token`, "old");
      await fails(
        peer.endpoint,
        context,
        /does not accept the token .*\/token\)/,
        "unauthenticated",
      );
      await Deno.writeTextFile(`${root}/token`, `${token}\n`);
      await reaches(peer.endpoint, context);
    });
    await t.step("impersonation", async () => {
      const { cert, key } = admin;
      const mine = { "client-certificate": cert, "client-key": key };
      const account = "system:serviceaccount:default:worker";
      await reaches(peer.endpoint, await as({ ...mine, as: account }));
      await fails(
        peer.endpoint,
        await as({ ...mine, as: "jane", "as-groups": ["a", "b"] }),
        /: jane may not \w+ pods\/exec in namespace default/,
        "denied",
      );
    });
    await t.step("a plugin, whose answer is kept until it is refused", async () => {
      const exec = {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "./plugin",
        args: [`${root}/runs`],
        env: [{ name: "TOKEN_FILE", value: `${root}/token` }],
        interactiveMode: "Never",
        provideClusterInfo: true,
      };
      const plugin = `#!/bin/sh
echo "$KUBERNETES_EXEC_INFO" >>"$1"
echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{'
echo "\\"token\\":\\"$(cat "$TOKEN_FILE")\\"}}"
`;
      await Deno.writeTextFile(`${root}/plugin`, plugin, { mode: 0o755 });
      const asked = async () => (await Deno.readTextFile(`${root}/runs`)).trim().split("\n");
      const context = await as({ exec });
      await reaches(peer.endpoint, context);
      await reaches(peer.endpoint, context);
      const [info, ...more] = await asked();
      assert.equal(more.length, 0, "it is asked once");
      const { kind, spec } = JSON.parse(info!);
      assert.equal(kind, "ExecCredential");
      assert.equal(spec.interactive, false);
      assert.equal(spec.cluster.server, server);
      assert.equal(spec.cluster["certificate-authority-data"], await base64(certs.ca.cert));
      await Deno.writeTextFile(`${root}/token`, "old");
      const other = await as({ exec: { ...exec, env: [...exec.env, { name: "A", value: "b" }] } });
      await fails(
        peer.endpoint,
        other,
        /does not accept the credentials by \.\/plugin of user me/,
        "unauthenticated",
      );
      assert.equal((await asked()).length, 3, "a refused one is asked for anew, once");
      await Deno.writeTextFile(`${root}/token`, token);
      await reaches(peer.endpoint, other);
    });
    await t.step("a plugin that hangs", async () => {
      const apiVersion = "client.authentication.k8s.io/v1";
      const exec = { apiVersion, command: "sleep", args: ["600"], interactiveMode: "Never" };
      await fails(
        peer.endpoint,
        { ...await as({ exec }), signal: AbortSignal.timeout(500) },
        /timed out while authenticating \(sleep 600\); run it by hand: sleep 600; it may wait for/,
        "timeout",
      );
    });
    await t.step("an invalid token is refused, and not shown", async () => {
      for (const bad of ["two words", "line\nX-Other: 1", "ä"]) {
        await fails(
          peer.endpoint,
          await as({ token: bad }),
          /^(?!.*(two|X-Other|ä)).*is not valid/,
          "config",
        );
      }
    });
    await t.step("a token file renewed in mid-stream", async () => {
      await Deno.writeTextFile(`${root}/token`, token);
      const context = await as({ tokenFile: "token" });
      const { stream } = await dialKube(peer.endpoint, context);
      await writeAll(stream, new TextEncoder().encode("echo\n"));
      await Deno.writeTextFile(`${root}/token`, "old");
      await writeAll(stream, new TextEncoder().encode("still here"));
      assert.equal(new TextDecoder().decode(await readExactly(stream, 10)), "still here");
      stream.close();
      await Deno.writeTextFile(`${root}/token`, token);
    });
    await t.step("several files", async () => {
      const first = await writeKubeconfig(cluster, { user: { token } });
      const second = `${root}/more`;
      const config = {
        "current-context": "not this one",
        contexts: [{ name: "prod", context: { cluster: "here", user: "me" } }],
        users: [{ name: "me", user: { token: "of the second file" } }],
      };
      await Deno.writeTextFile(second, JSON.stringify(config));
      const list = `/nowhere/config::${first}:${second}`;
      await reaches(peer.endpoint, using(list));
      await reaches(`${peer.endpoint}?context=prod`, using(list));
      await fails(
        `${peer.endpoint}?context=prdo`,
        using(list),
        /no context "prdo"; did you mean prod\? there are dev, prod$/,
        "config",
      );
    });
    await t.step("none", () => {
      const none = {
        ...context(),
        env: (name: string) => name === "HOME" ? "/nowhere" : undefined,
      };
      return fails(
        peer.endpoint,
        none,
        /there is no kubeconfig: none at \/nowhere\/\.kube\/config; set KUBECONFIG/,
        "config",
      );
    });
  });

  Deno.test("kube-pod: the documentation's endpoints and Role work", async (t) => {
    const page = await Deno.readTextFile(new URL("../../docs/transports.md", import.meta.url));
    const section = /^## kube-pod\n(.*?)^## /ms.exec(page)![1]!;
    const blocks = [...section.matchAll(/(?:^ {4}.*\n|^\n(?= {4}))+/gm)].map(([text]) => text);
    await t.step("its endpoints are right", () => {
      const endpoints = blocks[0]!.match(/kube-pod:\S+/g)!;
      assert(endpoints.length > 3);
      for (const endpoint of endpoints) kubePod.parse(endpoint);
    });
    await t.step("its Role is enough for all ways", async () => {
      await using peer = await startPeerPod(cluster, { app: "documented" });
      const role = blocks.map((text) => parse(text)).find((value) => value?.kind === "Role");
      delete role.metadata.namespace;
      const token = await makeAccountOf(api, "default", "documented", role);
      const context = using(await writeKubeconfig(cluster, { user: { token } }));
      await reaches(peer.endpoint, context);
      await reaches(`${peer.endpoint}?mode=port-forward&port=${peer.port}`, context);
      await reaches("kube-pod://?selector=app=documented", context);
      await fails(
        "kube-pod://?selector=app=none",
        context,
        /no pod in namespace default has the labels app=none;/,
        "not-found",
      );
    });
  });

  Deno.test("kube-pod: a program in a pod uses the pod's service account", async () => {
    await makeNamespace(api, "inside");
    const rules = [enter, { resources: ["pods"], verbs: ["get", "list"] }];
    const token = await makeAccount(api, "inside", "builder", rules);
    const folder = `${root}/account`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/token`, token);
    await Deno.writeTextFile(`${folder}/namespace`, "inside");
    await Deno.copyFile(certs.ca.cert, `${folder}/ca.crt`);
    // A mount namespace shows this one process the files that a pod would see.
    const place = "/run/secrets/kubernetes.io/serviceaccount";
    const mount = `mount -t tmpfs none /run && mkdir -p ${place} && ` +
      `mount --bind ${folder} ${place} && exec "$@"`;
    const { hostname, port } = new URL(server);
    const command = ["unshare", "-m", "sh", "-c", mount, "sh", ...fairleadCommand("du")];
    const env = {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      KUBECONFIG: "/nowhere/config",
      BUILDKIT_HOST: "kube-pod://nobody",
      BUILDX_CONFIG: `${root}/buildx`,
    };
    const fails = (expected: RegExp) =>
      assert.rejects(check(command[0]!, command.slice(1), { env }), expected);
    // Only the account's own namespace, and its right to look, can lead to this.
    await fails(/hint: see kubectl get pods[^]*no pod "nobody" in namespace inside/);
    await Deno.writeTextFile(`${folder}/token`, "another");
    await fails(/hint: check that the account still[^]*does not accept the token of this pod's.*/);
    await Deno.copyFile(certs.otherCa.cert, `${folder}/ca.crt`);
    await fails(/hint: the account's ca\.crt must be this cluster's[^]*is not in \S+\/ca\.crt/);
    await Deno.remove(`${folder}/ca.crt`);
    await fails(/hint: .*kube-root-ca\.crt[^]*account has no CA: \S+\/ca\.crt can't be read/);
  });

  Deno.test("kube-pod: an API server behind a proxy is reached", async (t) => {
    await using peer = await startPeerPod(cluster);
    const cluster_ = { server, "certificate-authority": certs.ca.cert };
    const by = async (proxy: string) =>
      using(await writeKubeconfig(cluster, { cluster: { ...cluster_, "proxy-url": proxy } }));
    for (const scheme of ["http", "socks5"] as const) {
      await t.step(scheme, async () => {
        await using proxy = kubeProxy({ scheme });
        await reaches(peer.endpoint, await by(proxy.url));
        assert(proxy.connections.includes(new URL(server).host), String(proxy.connections));
      });
      await t.step(`${scheme} with a password`, async () => {
        await using proxy = kubeProxy({ scheme, account: "me:hunter2" });
        await reaches(peer.endpoint, await by(proxy.url.replace("//", "//me:hunter2@")));
        await fails(
          peer.endpoint,
          await by(proxy.url.replace("//", "//me:wrong@")),
          /the proxy \S+:\/\/127\.0\.0\.1:\d+ refused to connect to 127\.0\.0\.1:\d+: (407 |wrong user)/,
          "denied",
        );
      });
    }
    await t.step("a proxy of the environment", async () => {
      await using proxy = kubeProxy({ scheme: "http" });
      const kubeconfig = await writeKubeconfig(cluster);
      // A host on loopback is spared, as Go has it.
      await reaches(peer.endpoint, using(kubeconfig, context(), { HTTPS_PROXY: proxy.url }));
      assert.deepEqual(proxy.connections, []);
    });
    await t.step("a proxy that is gone", async () =>
      fails(
        peer.endpoint,
        await by("http://127.0.0.1:1"),
        /the proxy http:\/\/127\.0\.0\.1:1 can't be used: connection refused; check proxy-url/,
        "unreachable",
      ));
    await t.step(
      "an invalid address of a proxy",
      async () =>
        fails(
          peer.endpoint,
          await by("ftp://me:hunter2@x"),
          /the proxy's address is not valid: ftp:\/\/x; .*socks5/,
          "config",
        ),
    );
  });

  Deno.test("kube-pod: a server that knows only protocol v4 is reached", async () => {
    await using peer = await startPeerPod(cluster);
    // The real server. The front removes v5 from the offered protocols.
    await using front = await kubeFront(cluster, {
      edit: (head) => head.replace("v5.channel.k8s.io, ", ""),
    });
    const kubeconfig = await writeKubeconfig(cluster, { cluster: { server: front.server } });
    await reaches(peer.endpoint, using(kubeconfig));
    await fails(
      `${peer.endpoint}?container=none`,
      using(kubeconfig),
      /has no container "none"; it has main/,
      "not-found",
    );
  });
}
