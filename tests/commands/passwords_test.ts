/** Passwords in addresses, wherever they come from, are never shown: no output of any command has them. */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { tempStore } from "./temp_store.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;
const PASSWORD = "hunter2";
const engines = [`tcp://u:${PASSWORD}@127.0.0.1:1`, `ssh://u:${PASSWORD}@127.0.0.1:1`];
const endpoints = [
  ...engines,
  ...engines.map((host) => `docker-container://box?host=${host}`),
  ...engines.map((host) => `docker://?host=${encodeURIComponent(host)}`),
  `podman-container://u:${PASSWORD}@box`,
  `none://u:${PASSWORD}@box?token=${PASSWORD}`,
];

for (const debug of [[], ["--debug"]]) {
  Deno.test(["passwords in addresses are not shown", ...debug].join(" "), async () => {
    using temp = tempStore();
    const fairlead = async (args: string[], env: Record<string, string> = {}) => {
      const { stdout, stderr } = await run("sh", [
        ...["-c", `echo FROM scratch | "$@"`, "sh", Deno.execPath(), "run", "-A", "--no-check"],
        ...[main, ...debug, ...args],
      ], {
        env: {
          BUILDX_CONFIG: `${temp.path}/store`,
          DOCKER_CONFIG: `${temp.path}/docker`,
          DOCKER_HOST: "unix:///nowhere",
          ...{ BUILDKIT_HOST: "", BUILDX_BUILDER: "", KUBECONFIG: `${temp.path}/kube` },
          ...env,
        },
      });
      assert(stdout + stderr !== "", args.join(" "));
      assert.doesNotMatch(stdout + stderr, new RegExp(PASSWORD), args.join(" "));
    };
    // The entries that buildx would have written: it checks only ssh addresses.
    for (const [i, endpoint] of endpoints.entries()) {
      const node = { Name: `b${i}0`, Endpoint: endpoint, Platforms: null, DriverOpts: null };
      temp.write(
        `store/instances/b${i}`,
        JSON.stringify({ Name: `b${i}`, Driver: "remote", Nodes: [node], Dynamic: false }),
      );
      if (debug.length === 0) continue;
      await fairlead(["create", "--name", `c${i}`, endpoint]);
      await fairlead(["inspect", `b${i}`]);
      await fairlead(["doctor", endpoint]);
    }
    await fairlead(["ls"]);
    await fairlead(["ls", "--format", "json"]);
    await fairlead(["inspect", "--format", "json", "b2"]);
    await fairlead(["build", "--builder", "b3", "-"]);
    temp.write("docker/config.json", '{"currentContext":"box"}');
    const id = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode("box")),
    ).toHex();
    for (const Host of engines) {
      temp.write(
        `docker/contexts/meta/${id}/meta.json`,
        JSON.stringify({ Name: "box", Metadata: {}, Endpoints: { docker: { Host } } }),
      );
      for (const env of [{ DOCKER_HOST: Host }, { DOCKER_HOST: "" }]) {
        await fairlead(["ls"], env);
        await fairlead(["inspect"], env);
        await fairlead(["build", "--load", "-"], env);
        await fairlead(["doctor", "docker-container://x"], env);
      }
      await fairlead(["doctor", "podman-container://x"], { CONTAINER_HOST: Host });
    }
    const address = `http://u:${PASSWORD}@127.0.0.1:1`;
    for (const server of [address, "https://127.0.0.1:1"]) {
      temp.write(
        "kube",
        JSON.stringify({
          "current-context": "c",
          contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
          clusters: [{ name: "k", cluster: { server, "proxy-url": address } }],
          users: [{ name: "u", user: { username: "u", password: PASSWORD } }],
        }),
      );
      await fairlead(["doctor", "kube-pod://x"], { HTTPS_PROXY: address });
    }
  });
}
