/** Exec plugins of kubeconfigs that misbehave: shell scripts, which force the faults. */
import { removeFolder } from "../harness/remove_folder.ts";
import { noneRuns } from "../plugins/zoo.ts";
import { abortable, attacked, campaign } from "./attack.ts";

const folder = await Deno.makeTempDir({ prefix: "fl-attacks-exec-" });

let made = 0;
/** A kubeconfig whose user is a plugin, which is this script. */
async function endpointOf(script: string): Promise<string> {
  const name = `${folder}/${made++}`;
  await Deno.writeTextFile(`${name}.sh`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: `${name}.sh`,
    interactiveMode: "Never",
  };
  await Deno.writeTextFile(
    name,
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1" } }],
      users: [{ name: "u", user: { exec } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  return `kube-pod://x?kubeconfig=${name}`;
}

const credential = (status: string) =>
  `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":${status}}'`;

const scripts: [title: string, script: string, expected?: RegExp][] = [
  ["nothing", "", /did not print JSON/],
  ["garbage", "echo garbage", /did not print JSON/],
  ["output without an end", "exec yes", /prints more than 1048576 bytes/],
  ["zeros without an end", "exec cat /dev/zero", /prints more than 1048576 bytes/],
  ["stderr without an end", "exec yes >&2"],
  ["no end", "exec sleep 77"],
  ["an end that nobody hears of", "trap '' TERM INT HUP; sleep 77; sleep 77"],
  ["an end, and a child that goes on", `sleep 77 & ${credential('{"token":"t"}')}`],
  ["a failure with escapes", "printf '\\033]0;title\\007' >&2; exit 3", /failed with exit code 3/],
  ["a signal", "kill -9 $$"],
  ["null", "echo null", /answered with no kind/],
  ["a list", "echo '[]'", /answered with no kind/],
  ["another kind", `echo '{"kind":"Pod"}'`, /answered with Pod/],
  ["a kind that is an object", `echo '{"kind":{}}'`],
  ["no status", credential("null"), /neither a token nor a certificate/],
  ["a status that is a text", credential('"x"'), /neither a token nor a certificate/],
  ["a token that is a number", credential('{"token":5}'), /neither a token nor a certificate/],
  [
    "a token with a line end",
    credential('{"token":"a\\\\nX: y"}'),
    /the token from .* is not valid/,
  ],
  [
    "a token of 900 KB",
    `printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'; head -c 900000 /dev/zero | tr '\\0' x; echo '"}}'`,
  ],
  ["a certificate that is none", credential('{"clientCertificateData":"x","clientKeyData":"y"}')],
  ["a date that is none", credential('{"token":"t","expirationTimestamp":"soon"}'), /not a date/],
  [
    "a date of the year 1e6",
    credential('{"token":"t","expirationTimestamp":"+1000000-01-01T00:00:00Z"}'),
  ],
  ["JSON that is nested deep", "head -c 900000 /dev/zero | tr '\\0' '['", /did not print JSON/],
];
const loose = { sanitizeOps: false, sanitizeResources: false };

Deno.test({ ...loose, name: "attack: exec plugins" }, async () => {
  await campaign(scripts, async ([title, script, expected]) => {
    await attacked({
      title,
      endpoint: await endpointOf(script),
      env: { HOME: "/nowhere", PATH: "/usr/bin:/bin" },
      ...expected && { expected },
    });
  });
  await noneRuns("sleep 77");
  await noneRuns(folder);
});

Deno.test({ ...loose, name: "abort: exec plugins" }, async () => {
  for (
    const [title, script] of scripts.filter(([title]) => /no end|nobody|goes on|stderr/.test(title))
  ) {
    const env = { HOME: "/nowhere", PATH: "/usr/bin:/bin" };
    await abortable({ title, endpoint: await endpointOf(script), env });
  }
  await noneRuns("sleep 77");
  await removeFolder(folder);
});
