/** The errors of `kube-pod` when a real API server, or the connection to it, fails. */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { makeAccount, makeNamespace } from "../harness/kube_account.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { deletePod, makePod, sleeps } from "../harness/kube_pod.ts";
import { dialKube, fails, using, writeKubeconfig } from "./kube_cluster.ts";
import { kubeFront } from "./kube_front.ts";

/** Registers the tests. */
export function kubeRefusals(cluster: Kubernetes): void {
  const { api, server, certs } = cluster;
  const ca = { server, "certificate-authority": certs.ca.cert };

  Deno.test("kube-pod: an account without rights is named, with the Role that it needs", async (t) => {
    await makeNamespace(api, "ci");
    await makePod(api, { name: "builder", namespace: "ci", containers: { main: sleeps } });
    const as = async (user: Record<string, unknown>) =>
      using(await writeKubeconfig(cluster, { user, namespace: "ci" }));
    const account = async (name: string, ...rules: Parameters<typeof makeAccount>[3]) =>
      as({ token: await makeAccount(api, "ci", name, rules) });
    await t.step("no rights at all", async () => {
      const context = await account("nobody");
      await fails(
        "kube-pod://builder",
        context,
        /: system:serviceaccount:ci:nobody may not \w+ pods\/exec in namespace ci; bind it to a Role in namespace ci with the rule \{apiGroups: \[""\], resources: \[pods\/exec\], verbs: \[create, get\]\}$/,
        "denied",
      );
      await fails(
        "kube-pod://builder?mode=port-forward",
        context,
        /nobody may not \w+ pods\/portforward in namespace ci; .*resources: \[pods\/portforward\]/,
        "denied",
      );
      await fails(
        "kube-pod://?selector=app=x",
        context,
        /nobody may not list pods in namespace ci; .*resources: \[pods\], verbs: \[get, list\]/,
        "denied",
      );
      await fails(
        "kube-pod://builder?namespace=kube-system",
        context,
        /nobody may not \w+ pods\/exec in namespace kube-system;/,
        "denied",
      );
    });
    // Before 1.35 this was enough.
    await t.step("the right to get alone", async () =>
      fails(
        "kube-pod://builder",
        await account("getter", { resources: ["pods/exec"], verbs: ["get"] }),
        /the token of user me of \S+ may not create pods\/exec in namespace ci; bind it/,
        "denied",
      ));
    await t.step("the right to exec, but not to get pods", async () => {
      const rule = { resources: ["pods/exec"], verbs: ["create", "get"] };
      const context = await account("runner", rule);
      await fails(
        "kube-pod://builder",
        context,
        /buildctl dial-stdio in pod builder failed with exit code 1: .*buildkitd\.sock.*; look at the daemon's log: kubectl logs -n ci builder$/,
        "unreachable",
      );
      await fails("kube-pod://other", context, /no pod "other" in namespace ci;/, "not-found");
    });
    await t.step("a wrong token", async () =>
      fails(
        "kube-pod://builder",
        await as({ token: "hunter2" }),
        /does not accept the token of user me of .*: Unauthorized; they are wrong, or have expired/,
        "unauthenticated",
      ));
    await t.step("an expired token", async () => {
      const part = (value: object) =>
        new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url" });
      const token = [part({ alg: "RS256" }), part({ exp: 1_600_000_000 }), "x"].join(".");
      await fails(
        "kube-pod://builder",
        await as({ token }),
        /does not accept the token of user me of \S+, which expired on 2020-09-13T12:26Z: Unauthorized/,
        "unauthenticated",
      );
    });
    await t.step("no credentials", async () =>
      fails(
        "kube-pod://builder",
        await as({}),
        /refuses access with no credentials of user me of .*; give the user of context dev of .* a token/,
        "unauthenticated",
      ));
    await t.step("a certificate of another CA", async () =>
      fails(
        "kube-pod://builder",
        await as({
          "client-certificate": certs.otherClient.cert,
          "client-key": certs.otherClient.key,
        }),
        /does not accept the client certificate of user me of .*: Unauthorized/,
        "unauthenticated",
      ));
    await t.step("an expired certificate", async () => {
      const { cert, key } = certs.expiredClient;
      await fails(
        "kube-pod://builder",
        await as({ "client-certificate": cert, "client-key": key }),
        /the client certificate .*expired-client\.pem .*expired on .*; renew client-certificate/,
        "config",
      );
    });
  });

  Deno.test("kube-pod: pods that can't be entered are named, with the reason", async (t) => {
    const admin = using(await writeKubeconfig(cluster));
    await makePod(api, { name: "two", containers: { main: sleeps, side: sleeps } });
    await t.step("a name mistyped", () =>
      fails(
        "kube-pod://tow",
        admin,
        /no pod "tow" in namespace default; did you mean "two"\?$/,
        "not-found",
      ));
    await t.step("no such container", () =>
      fails(
        "kube-pod://two?container=third",
        admin,
        /pod two has no container "third"; it has main, side$/,
        "not-found",
      ));
    await t.step("no daemon in the container that kubectl would choose", () =>
      fails(
        "kube-pod://two",
        admin,
        /in container main of two failed with exit code 1: .*kubectl logs -n default two -c main$/,
        "unreachable",
      ));
    await t.step("nothing on the port", () =>
      fails(
        "kube-pod://two?mode=port-forward&port=1",
        admin,
        /nothing listens on port 1 of pod two; give the daemon --addr tcp:\/\/0\.0\.0\.0:1/,
        "unreachable",
      ));
    await t.step("no image", async () => {
      const containers = { main: { ...sleeps, image: "docker.io/library/none:latest" } };
      await makePod(
        api,
        { name: "imageless", containers },
        (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "ErrImageNeverPull",
      );
      await fails(
        "kube-pod://imageless?container=main",
        admin,
        /pod imageless is not running: it is Pending \(ErrImageNeverPull\); see kubectl describe pod/,
        "unreachable",
      );
      await deletePod(api, "imageless");
    });
    await t.step("no node", async () => {
      await api.call("POST", "/api/v1/namespaces/default/pods", {
        metadata: { name: "nowhere" },
        spec: { containers: [{ name: "main", image: "none" }] },
      });
      await fails(
        "kube-pod://nowhere",
        admin,
        /pod nowhere is not running: it is Pending;/,
        "unreachable",
      );
    });
    await t.step("a pod that has ended", async () => {
      const containers = { main: { command: ["true"] } };
      const succeeded = (pod: { status?: { phase?: string } }) => pod.status?.phase === "Succeeded";
      await makePod(api, { name: "done", containers }, succeeded);
      await fails(
        "kube-pod://done",
        admin,
        /pod done is not running: it is Succeeded;/,
        "unreachable",
      );
    });
    await t.step("no buildctl", async () => {
      // The image contains the program; a shell removes it and goes on.
      const command = ["sh", "-c", "rm /bin/buildctl && sleep 1000000"];
      const readyWhen = ["sh", "-c", "! test -e /bin/buildctl"];
      await makePod(api, { name: "bare", containers: { main: { command, readyWhen } } });
      await fails(
        "kube-pod://bare",
        admin,
        /pod bare has no buildctl; use an image that has buildctl, .* give mode=port-forward$/,
        "unsupported",
      );
    });
  });

  Deno.test("kube-pod: API servers that can't be reached have an error of their own", async (t) => {
    const at = async (cluster_: Record<string, unknown>) =>
      using(await writeKubeconfig(cluster, { cluster: cluster_ }));
    await t.step("nothing listens", async () =>
      fails(
        "kube-pod://x",
        await at({ ...ca, server: "https://127.0.0.1:1" }),
        /the API server https:\/\/127\.0\.0\.1:1 can't be reached: connection refused; check that the cluster is up/,
        "unreachable",
      ));
    await t.step("another CA", async () =>
      fails(
        "kube-pod://x",
        await at({ server, "certificate-authority": certs.otherCa.cert }),
        /the API server's certificate \(CN=buildkitd\) is signed by .*, which is not in .*other-ca\.pem.*; check certificate-authority/,
        "unauthenticated",
      ));
    await t.step("another name", async () =>
      fails(
        "kube-pod://x",
        await at({ ...ca, "tls-server-name": "other.example" }),
        /is valid for localhost, .*, not for other\.example; use a name .* as tls-server-name/,
        "unauthenticated",
      ));
    await t.step("any certificate will do", async () =>
      fails(
        "kube-pod://nobody",
        await at({ server, "insecure-skip-tls-verify": true }),
        /no pod "nobody" in namespace default/,
        "not-found",
      ));
    // Mocks from here on, because no real API server behaves so.
    await t.step("a proxy that knows no WebSockets", async () => {
      await using front = await kubeFront(cluster, {
        answer:
          "HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 14\r\n\r\n<html>no</html",
      });
      await fails(
        "kube-pod://two",
        await at({ server: front.server }),
        /the WebSocket upgrade was refused by the server at http:.* \(it is nginx\): 403 Forbidden; a proxy/,
        "unsupported",
      );
    });
    await t.step("a server of another kind", async () => {
      await using front = await kubeFront(cluster, { answer: "SSH-2.0-OpenSSH_9.2\r\n" });
      await fails(
        "kube-pod://two",
        await at({ server: front.server }),
        /doesn't answer as an API server: the answer is not HTTP/,
        "unreachable",
      );
    });
    await t.step("a server that is overloaded", async () => {
      const body = JSON.stringify({ kind: "Status", message: "busy", reason: "TooManyRequests" });
      const head = `HTTP/1.1 429 Too Many Requests\r\nContent-Length: ${body.length}`;
      await using front = await kubeFront(cluster, { answer: `${head}\r\n\r\n${body}` });
      const busy = await at({ server: front.server });
      for (const endpoint of ["kube-pod://two", "kube-pod://?selector=app=two"]) {
        await assert.rejects(dialKube(endpoint, busy), (error) => {
          assert(error instanceof DialError && error.retryable, String(error));
          assert.match(
            error.problem,
            /the API server http:\S+ is not ready, or is overloaded: busy$/,
          );
          return true;
        });
      }
    });
    await t.step("a server that never ends its answer", async () => {
      await using front = await kubeFront(cluster, {
        answer: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        holds: true,
      });
      const signal = AbortSignal.timeout(500);
      const slow = { ...await at({ server: front.server }), signal };
      await fails("kube-pod://?selector=app=two", slow, /timed out while connecting/, "timeout");
    });
    await t.step("a server that never completes the upgrade", async () => {
      await using front = await kubeFront(cluster, {
        answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
      });
      await fails(
        "kube-pod://two",
        await at({ server: front.server }),
        /can't be used: the upgrade was not answered by a WebSocket server; a proxy in front/,
        "unsupported",
      );
    });
  });
}
