/** `fairlead doctor` for pods of a real Kubernetes, and its findings. */
import assert from "node:assert/strict";
import { makeAccount } from "../harness/kube_account.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { buildkitdContainer, deletePod, makePod, sleeps } from "../harness/kube_pod.ts";
import { runFairlead } from "../harness/inside.ts";
import { type KubeconfigParts, writeKubeconfig } from "./kube_cluster.ts";
import { kubeFront } from "./kube_front.ts";

interface Step {
  readonly step: string;
  readonly status: string;
  readonly text: string;
  readonly hint?: string;
  readonly code?: string;
}

/** Registers the tests. */
export function kubeDoctor(cluster: Kubernetes): void {
  const { api, root, certs, server } = cluster;

  Deno.test("kube-pod: doctor shows each step, and the one that fails", async (t) => {
    const name = "patient";
    const daemon = buildkitdContainer("--addr=unix:///run/buildkit/buildkitd.sock");
    await makePod(api, { name, labels: { app: name }, containers: { daemon } });
    const examine = async (endpoint: string, parts: KubeconfigParts = {}): Promise<Step[]> => {
      const KUBECONFIG = await writeKubeconfig(cluster, parts);
      const args = ["doctor", "--format=json", "--transfer=1m", endpoint];
      const { code, stdout, stderr } = await runFairlead({
        ...{ args, host: "", home: `${root}/nobody`, env: { KUBECONFIG } },
      });
      assert.equal(stderr, "");
      const { ok, nodes: [node] } = JSON.parse(stdout);
      assert.equal(code, ok ? 0 : 1);
      return node.steps;
    };
    const names = (steps: readonly Step[]) => steps.map(({ step }) => step);
    const asked = ["HTTP/2", "Info", "workers", "cache", "round trip", "up", "down"];
    const entered = ["endpoint", "connect", "TLS"];

    await t.step("all steps succeed", async () => {
      const steps = await examine(`kube-pod://${name}`);
      assert.deepEqual(names(steps), [...entered, "upgrade", ...asked]);
      assert(steps.every(({ status }) => status === "ok"), JSON.stringify(steps));
      const chosen = await examine(`kube-pod://?selector=app=${name}`);
      assert.deepEqual(names(chosen).slice(-asked.length), asked);
    });

    const token = (name: string, ...rules: Parameters<typeof makeAccount>[3]) =>
      makeAccount(api, "default", name, rules).then((token) => ({ user: { token } }));
    const { cert, key } = certs.expiredClient;
    await using front = await kubeFront(cluster, {
      answer: "HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 14\r\n\r\n<html>no</html",
    });
    await makePod(api, {
      name: "bare",
      containers: {
        main: {
          command: ["sh", "-c", "rm /bin/buildctl && sleep 1000000"],
          readyWhen: ["sh", "-c", "! test -e /bin/buildctl"],
        },
      },
    }).catch((error) => assert.match(String(error), /already exists/));
    await makePod(api, { name: "empty", containers: { main: sleeps } });
    /** The steps that succeeded, the step that failed, its message, and its hint. */
    const failures: [string, KubeconfigParts, string[], string, RegExp, RegExp][] = [
      [
        "a wrong token",
        { user: { token: "x" } },
        entered,
        "authenticate",
        /does not accept/,
        /log in/,
      ],
      [
        "an expired certificate",
        { user: { "client-certificate": cert, "client-key": key } },
        ["endpoint"],
        "TLS",
        /the client certificate .* expired on /,
        /renew client-certificate/,
      ],
      [
        "no right",
        await token("nothing"),
        entered,
        "exec",
        /may not get pods\/exec in namespace default/,
        /resources: \[pods\/exec\], verbs: \[create, get\]/,
      ],
      [
        "a plugin that isn't there",
        {
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1",
              command: "/no/plugin",
              interactiveMode: "Never",
            },
          },
        },
        ["endpoint"],
        "resolve",
        /\/no\/plugin.* is not installed/,
        /install \/no\/plugin/,
      ],
      [
        "a proxy that knows no upgrade",
        { cluster: { server: front.server } },
        ["endpoint", "connect"],
        "upgrade",
        /refused by the server at .* \(it is nginx\): 403 Forbidden/,
        /must let WebSocket upgrades through/,
      ],
      [
        "a server without TLS",
        { cluster: { server: server.replace("https:", "http:") } },
        ["endpoint", "connect"],
        "upgrade",
        /the server at http:\S+ is not an API server: .*HTTP request to an HTTPS server/,
        /the server of context dev of .*: its scheme and its path/,
      ],
      [
        "another CA",
        { cluster: { server, "certificate-authority": certs.otherCa.cert } },
        ["endpoint", "connect"],
        "TLS",
        /signed by .*, which is not in /,
        /certificate-authority/,
      ],
    ];
    for (const [what, parts, before, step, text, hint] of failures) {
      await t.step(
        what,
        async () =>
          failsAt(await examine(`kube-pod://${name}`, parts), [...before, step], text, hint),
      );
    }
    const endpoints: [string, string[], RegExp, RegExp][] = [
      ["kube-pod://patien", [...entered, "exec"], /no pod "patien"/, /did you mean "patient"/],
      [
        `kube-pod://${name}?container=x`,
        [...entered, "exec"],
        /no container "x"/,
        /it has daemon/,
      ],
      [
        "kube-pod://?selector=app=none",
        ["endpoint", "connect", "resolve"],
        /no pod .* app=none/,
        /get pods/,
      ],
      [
        "kube-pod://?selector=a%20in%20b",
        ["endpoint", "connect", "resolve"],
        /the selector can't/,
        /tier in \(a,b\)/,
      ],
      ["kube-pod://bare", [...entered, "upgrade", "exec"], /has no buildctl/, /mode=port-forward/],
      ["kube-pod://empty", [...entered, "upgrade", "exec"], /exit code 1: .*sock/, /daemon's log/],
      [
        `kube-pod://${name}?mode=port-forward&port=1`,
        [...entered, "upgrade", "connect"],
        /nothing listens on port 1/,
        /--addr tcp/,
      ],
      [`kube-pod://${name}?context=x`, ["endpoint", "resolve"], /no context "x"/, /there are dev/],
    ];
    for (const [endpoint, steps, text, hint] of endpoints) {
      await t.step(endpoint, async () => failsAt(await examine(endpoint), steps, text, hint));
    }
    for (const pod of [name, "empty"]) await deletePod(api, pod);
  });
}

/** Checks that the last step failed, all before it succeeded, and each is reported once. */
function failsAt(steps: readonly Step[], names: string[], text: RegExp, hint: RegExp): void {
  const shown = JSON.stringify(steps);
  assert.deepEqual(steps.map(({ step }) => step), names, shown);
  const last = steps.at(-1)!;
  assert.equal(last.status, "failed", shown);
  assert(steps.slice(0, -1).every(({ status }) => status === "ok" || status === "warning"), shown);
  assert.match(last.text, text);
  assert.match(last.hint ?? "", hint);
  assert(last.code, shown);
}
