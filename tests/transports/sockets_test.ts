/** `unix` and `tcp`, each plain and under TLS. */
import { dialEndpoint, type TlsOptions } from "../../transports/dial.ts";
import { transports } from "../../transports/all.ts";
import { createRegistry } from "../../transports/registry.ts";
import { makeCerts } from "../harness/certs.ts";
import { need } from "../harness/tool.ts";
import { contract, type Subject } from "./contract.ts";
import { silentPort } from "../harness/silent_port.ts";
import { ownProcessIfAsked } from "./contract_help.ts";
import { type Peer, startPeer } from "./start_peer.ts";
import { fullPort } from "../harness/silent_port.ts";

const registry = createRegistry(transports);
ownProcessIfAsked();
const certs = await makeCerts();
addEventListener("unload", () => Deno.removeSync(certs.dir, { recursive: true }));

/** A unix socket whose queue is full: Deno's own listeners have room for thousands. */
async function fullSocket() {
  const path = `${certs.dir}/full`;
  const program = `socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0]));
    listen(S, 0); $| = 1; print "listening"; sleep 60`;
  const listener = new Deno.Command(await need("perl"), {
    args: ["-MSocket", "-e", program, path],
    stdout: "piped",
  }).spawn();
  const reader = listener.stdout.getReader();
  await reader.read();
  const conn = await Deno.connect({ transport: "unix", path });
  return {
    endpoint: `unix://${path}`,
    async [Symbol.asyncDispose]() {
      conn.close();
      listener.kill("SIGKILL");
      await Promise.all([reader.cancel(), listener.status]);
      await Deno.remove(path);
    },
  };
}

/** A TLS handshake hangs there. */
function silent() {
  return Promise.resolve(silentPort());
}

function subject(
  endpointOf: (peer: Peer) => string,
  tls: TlsOptions,
  more: Pick<Subject, "dead" | "hang">,
): Subject {
  const server = Object.keys(tls).length === 0 ? undefined : certs.server;
  return {
    dial: (endpoint, context) => dialEndpoint(registry, endpoint, tls, context),
    async start() {
      const peer = await startPeer(server);
      return Object.assign(peer, { endpoint: endpointOf(peer) });
    },
    ...more,
  };
}

const noSocket: Subject["dead"] = [["unix:///nowhere/s", /no such socket/]];
const noPort: Subject["dead"] = [
  ["tcp://127.0.0.1:1", /connection refused$/],
  ["tcp://localhost:1", /connection refused \(localhost resolves to .*127\.0\.0\.1/],
];
const cacert = certs.ca.cert;

contract(
  "unix",
  subject(({ socket }) => `unix://${socket}`, {}, { dead: noSocket, hang: fullSocket }),
);
contract(
  "tcp",
  subject(({ port }) => `tcp://127.0.0.1:${port}`, {}, { dead: noPort, hang: fullPort }),
);
contract(
  "TLS over unix",
  subject(({ socket }) => `unix://${socket}`, { cacert, servername: "localhost" }, {
    dead: noSocket,
    hang: fullSocket,
  }),
);
contract(
  "TLS over tcp",
  subject(({ port }) => `tcp://127.0.0.1:${port}`, { cacert }, { dead: noPort, hang: silent }),
);
