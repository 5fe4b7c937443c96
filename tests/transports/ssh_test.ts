/** `ssh` on a real sshd. */
import { ssh } from "../../transports/schemes/ssh.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { type Sshd, startSshd } from "../harness/sshd.ts";
import { missing, need } from "../harness/tool.ts";
import { contract, DIAL_STDIO_CANNOT } from "./contract.ts";
import { silentPort } from "../harness/silent_port.ts";
import { startPeer } from "./start_peer.ts";

const reason = needsRoot() ?? await missing("sshd", "buildctl");

if (!skip(reason)) {
  const sshd = await startSshd();
  addEventListener("unload", () => void sshd.stop());
  const access = (to: Sshd) => `identity=${to.key}&knownHosts=${to.knownHosts}`;
  const at = (to: Sshd, path: string) =>
    `ssh://${to.user}@127.0.0.1:${to.port}${path}${path.includes("?") ? "&" : "?"}${access(to)}`;
  const buildctl = await need("buildctl");

  const silent = (rest: string) => () => {
    const silence = silentPort();
    return Promise.resolve({ ...silence, endpoint: `ssh://127.0.0.1:${silence.port}${rest}` });
  };
  const outlives =
    "a connection waits 300 ms for the next dial, and ssh2 leaves its ciphers to the garbage collector";
  contract("ssh to a socket", {
    outlives,
    dial: (endpoint, context) => ssh.dial(ssh.parse(endpoint), context),
    async start() {
      const peer = await startPeer();
      return Object.assign(peer, { endpoint: at(sshd, peer.socket) });
    },
    dead: [
      ["ssh://127.0.0.1:1", /connection refused$/],
      [at(sshd, "/nowhere/s"), /can't reach the socket \/nowhere\/s .*buildctl/],
    ],
    hang: silent(""),
  });
  contract("ssh to a program", {
    outlives,
    dial: (endpoint, context) => ssh.dial(ssh.parse(endpoint), context),
    async start() {
      const peer = await startPeer();
      const command = `${buildctl} --addr unix://${peer.socket} dial-stdio`;
      return Object.assign(peer, {
        endpoint: at(sshd, `?command=${encodeURIComponent(command)}`),
      });
    },
    cannot: DIAL_STDIO_CANNOT,
    hang: silent("?command=cat"),
    dead: [[at(sshd, "?command=nothing"), /nothing failed with exit code 127: .*not found/]],
  });
}
