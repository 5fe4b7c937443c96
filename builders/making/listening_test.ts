import assert from "node:assert/strict";
import { containerBody } from "../drivers/docker_container/body.ts";
import { readContainerOptions } from "../drivers/docker_container/options.ts";
import { nodeOf } from "../../tests/commands/stored_nodes.ts";
import { listenPort } from "./listening.ts";

const flags = [
  "--debug",
  "--addr=unix:///run/buildkit/buildkitd.sock",
  "--addr=tcp://0.0.0.0:1234",
];
const files = { "certs/listen/key.pem": "" };

Deno.test("only a node that create --listen has made has a port to publish", () => {
  assert.equal(listenPort({ flags, files }), 1234);
  assert.equal(listenPort({ flags, files: null }), undefined);
  assert.equal(listenPort({ flags: null, files }), undefined);
});

Deno.test("the engine publishes the port, unless the container has the host's network", () => {
  const body = (driverOpts: Record<string, string>) => {
    const node = nodeOf("n", { driverOpts, flags, files });
    const { ExposedPorts, HostConfig } = containerBody(node, readContainerOptions(node), {
      usernsRemap: false,
      gpus: false,
    });
    return [ExposedPorts, (HostConfig as Record<string, unknown>)["PortBindings"]];
  };
  assert.deepEqual(body({}), [
    { "1234/tcp": {} },
    { "1234/tcp": [{ HostIp: "", HostPort: "1234" }] },
  ]);
  assert.deepEqual(body({ network: "host" }), [undefined, undefined]);
});
