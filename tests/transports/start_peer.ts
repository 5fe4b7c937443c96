/** Starts `peer.ts` as a process, which can be killed and shares no sockets with the test. */
export interface Peer extends AsyncDisposable {
  /** The unix socket's path. */
  readonly socket: string;
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** SIGKILL; its sockets are closed when it returns. */
  kill(): Promise<void>;
}

import { removeFolder } from "../harness/remove_folder.ts";
/** Ready to be dialled when it returns. */
export async function startPeer(tls?: { cert: string; key: string }): Promise<Peer> {
  const folder = await Deno.makeTempDir({ prefix: "fl-peer-" });
  const socket = `${folder}/s`;
  const program = new URL("peer.ts", import.meta.url).pathname;
  const options = tls === undefined ? [] : ["--tls", tls.cert, tls.key];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program, socket, ...options],
    // Its end is the peer's: a test that is killed leaves no process behind.
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const kill = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // The process has already ended.
    }
    await Promise.all([child.status, child.stdin.close().catch(() => {})]);
    await removeFolder(folder).catch(() => {});
  };
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  if (value === undefined) {
    await kill();
    throw new Error("the peer did not start");
  }
  const { tcp: port } = JSON.parse(new TextDecoder().decode(value)) as { tcp: number };
  return { socket, port, kill, [Symbol.asyncDispose]: kill };
}
