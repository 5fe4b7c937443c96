/** The contract of a byte stream, which built-in transports keep, through plugins of both kinds. */
import { createPlugins } from "../../transports/external.ts";
import { createRegistry } from "../../transports/registry.ts";
import type { DialContext } from "../../transports/transport.ts";
import { contract } from "../transports/contract.ts";
import { startPeer } from "../transports/start_peer.ts";
import { missing } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import { copyExamples } from "./surroundings.ts";
import { makeZoo } from "./zoo.ts";

if (!skip(await missing("perl"))) {
  const zoo = await makeZoo({ PATH: Deno.env.get("PATH") ?? "" });
  addEventListener(
    "unload",
    () => Deno.removeSync(zoo.folder.replace("/plugins", ""), { recursive: true }),
  );
  await copyExamples(zoo.folder);
  await zoo.add("hanging", "exec sleep 100");
  const registry = createRegistry([], createPlugins(zoo.env));
  const dial = (endpoint: string, context: DialContext) => {
    const transport = registry.find(endpoint);
    return transport.dial(transport.parse(endpoint), context);
  };
  await Deno.writeTextFile(
    `${zoo.folder}/fairlead-transport-patient.ts`,
    `export default {
      ...{ scheme: "patient", version: "1.0.0", summary: "never there", example: "patient://x" },
      ...{ options: [], parse: (endpoint: string) => endpoint },
      dial: (_: string, { signal }: { signal: AbortSignal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    };`,
  );
  const hang = (endpoint: string) => () =>
    Promise.resolve({ endpoint, [Symbol.asyncDispose]: () => Promise.resolve() });

  contract("a plugin that is an executable", {
    dial,
    async start() {
      const peer = await startPeer();
      return Object.assign(peer, { endpoint: `loopback://${peer.port}` });
    },
    cannot: { "half-closed on the far side": "the end of its stdout is the end of the connection" },
    outlives: "a process is gone a moment after its stream was closed",
    hang: hang("hanging://there"),
    dead: [["loopback://1", /port 1 of 127\.0\.0\.1: Connection refused$/]],
  });

  contract("a plugin that is a module", {
    dial,
    async start() {
      const peer = await startPeer();
      return Object.assign(peer, { endpoint: `socket://${peer.socket}` });
    },
    hang: hang("patient://there"),
    dead: [
      ["socket:///nowhere/s", /socket\.ts: no socket at \/nowhere\/s$/],
      ["socket://s", /socket\.ts: there is no absolute path$/],
    ],
  });
}
