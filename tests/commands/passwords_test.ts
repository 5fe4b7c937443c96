/** Passwords in addresses, wherever they come from, are in no output of any command. */
import assert from "node:assert/strict";
import { connect } from "../../cli/connect.ts";
import { run } from "./fake_deps.ts";
import { builderFile, tempStore } from "./temp_store.ts";

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
    const shows = async (args: string[], env: Record<string, string> = {}) => {
      const { stdout, stderr } = await run([...debug, ...args], {
        connect,
        stdin: "FROM scratch\n",
        env: {
          HOME: `${temp.path}/home`,
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
      temp.write(`store/instances/b${i}`, builderFile(`b${i}`, endpoint));
      if (debug.length === 0) continue;
      await shows(["create", "--name", `c${i}`, endpoint]);
      await shows(["inspect", `b${i}`]);
      await shows(["doctor", endpoint]);
    }
    await shows(["ls"]);
    await shows(["ls", "--format", "json"]);
    await shows(["inspect", "--format", "json", "b2"]);
    await shows(["build", "--builder", "b3", "-"]);
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
        await shows(["ls"], env);
        await shows(["inspect"], env);
        await shows(["build", "--load", "-"], env);
        await shows(["doctor", "docker-container://x"], env);
      }
      await shows(["doctor", "podman-container://x"], { CONTAINER_HOST: Host });
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
      await shows(["doctor", "kube-pod://x"], { HTTPS_PROXY: address });
    }
  });
}
