import assert from "node:assert/strict";
import { says } from "../../../tests/transports/says.ts";
import type { KubeTarget } from "./config.ts";
import { execCredential } from "./exec_plugin.ts";
import { KubeConfigError } from "./files.ts";
import type { DialContext } from "../../transport.ts";

const target: KubeTarget = {
  server: "https://h",
  namespace: "default",
  shown: "context dev",
  kubectl: "kubectl",
  tls: { insecure: false },
  user: { shown: "user me", impersonate: {} },
};
const V1 = "client.authentication.k8s.io/v1";

/** Runs a plugin with these fields in the kubeconfig. */
function ask(fields: Record<string, unknown>, signal = new AbortController().signal) {
  const context: DialContext = { signal, env: () => undefined, log: () => {}, step: () => {} };
  const value = { apiVersion: V1, interactiveMode: "Never", command: "sh", ...fields };
  return execCredential(target, { value, file: "/k/config" }, context);
}

const printing = (text: string) => ({ args: ["-c", 'printf %s "$0"', text] });

function credential(status: Record<string, unknown>, apiVersion = V1): string {
  return JSON.stringify({ kind: "ExecCredential", apiVersion, status });
}

Deno.test("an exec plugin's token is kept until shortly before it expires", async () => {
  const counting = (seconds: number) => ({
    args: [
      "-c",
      `printf '${
        credential({
          token: "%s",
          expirationTimestamp: new Date(Date.now() + seconds * 1000).toISOString(),
        })
      }' $$`,
    ],
  });
  const lasting = counting(3600);
  const first = await ask(lasting);
  assert.match(first.credential.token!, /^\d+$/);
  assert.equal((await ask(lasting)).credential, first.credential);
  first.forget();
  assert.notEqual((await ask(lasting)).credential.token, first.credential.token);
  const short = counting(5);
  const second = await ask(short);
  assert.notEqual((await ask(short)).credential.token, second.credential.token);
  // Many dials at once ask once.
  const many = counting(1800);
  const all = await Promise.all(Array.from({ length: 5 }, () => ask(many)));
  assert.equal(new Set(all.map(({ credential }) => credential.token)).size, 1);
});

Deno.test("an exec plugin's certificate, its environment, and the older version", async () => {
  const apiVersion = "client.authentication.k8s.io/v1beta1";
  const text = credential(
    { clientCertificateData: "cert", clientKeyData: "key" },
    apiVersion,
  );
  const { credential: found } = await ask({
    ...printing(text),
    apiVersion,
    interactiveMode: undefined,
    env: [{ name: "A", value: "b" }],
  });
  assert.deepEqual(found, { cert: "cert", key: "key", expires: Infinity, program: "sh" });
  const { credential: echoed } = await ask({
    args: ["-c", `printf '${credential({ token: "%s" })}' "$A"`],
    env: [{ name: "A", value: "from the kubeconfig" }],
  });
  assert.equal(echoed.token, "from the kubeconfig");
});

Deno.test("exec plugins that give nothing", async () => {
  const bad: [RegExp, Record<string, unknown>][] = [
    [/^none-such, which user me names, is not installed; get it: brew install x, or so$/, {
      command: "none-such",
      installHint: "get it:\n  brew install x,\nor so\n",
    }],
    [/is not installed; install none-such/, { command: "none-such" }],
    [/can't be run: permission denied; make it executable: chmod \+x \/dev\/null/, {
      command: "/dev/null",
    }],
    [/^\.\/none-such, .* is not installed/, { command: "./none-such" }],
    [/failed with exit code 3:\n {2}log in first\n {2}please; run it by hand: sh -c echo/, {
      args: ["-c", "echo log in first >&2; echo please >&2; exit 3"],
    }],
    [/did not print JSON; see what sh prints/, printing("hunter2")],
    [/answered with Status of no version/, printing('{"kind":"Status"}')],
    [
      /answered with ExecCredential of .*v1beta1/,
      printing(credential({ token: "t" }, `${V1}beta1`)),
    ],
    [/returned neither a token nor a certificate with its key/, printing(credential({}))],
    [/returned neither a token/, printing(credential({ clientCertificateData: "c" }))],
    [
      /expirationTimestamp that is not a date/,
      printing(
        credential({ token: "t", expirationTimestamp: "soon" }),
      ),
    ],
    [/is for client\.authentication\.k8s\.io\/v1alpha1; known are /, { apiVersion: `${V1}alpha1` }],
    [/is for no version/, { apiVersion: undefined }],
    [/has no interactiveMode/, { interactiveMode: undefined }],
    [/has an unknown interactiveMode: Sometimes/, { interactiveMode: "Sometimes" }],
  ];
  for (const [expected, fields] of bad) {
    await assert.rejects(ask(fields), says(KubeConfigError, expected));
  }
});

Deno.test("an exec plugin that hangs ends with the dial, and so does what it has started", async () => {
  const folder = await Deno.makeTempDir({ prefix: "fl-plugin-" });
  try {
    const told = `${folder}/pid`;
    // One that waits; one that has ended, and left a child behind that holds its output open.
    for (const rest of ["wait", "exit"]) {
      const controller = new AbortController();
      const line = `sleep 600 & echo $! > ${told}.new; mv ${told}.new ${told}; ${rest}`;
      const asked = ask({ args: ["-c", line] }, controller.signal);
      asked.catch(() => {});
      const pid = async () => Number(await Deno.readTextFile(told).catch(() => "0"));
      while (await pid() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort(new Error("the user's reason"));
      await assert.rejects(asked, /the user's reason/);
      const left = await pid();
      const runs = () => /^State:\s+[^Z]/m.test(Deno.readTextFileSync(`/proc/${left}/status`));
      await assert.rejects(async () => {
        while (runs()) await new Promise((resolve) => setTimeout(resolve, 5));
        throw new Deno.errors.NotFound("a zombie");
      }, Deno.errors.NotFound);
      await Deno.remove(told);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
