/** Engines with a container in which the real `buildctl dial-stdio` reaches the suite's peer. */
import type { Dockerd } from "../harness/dockerd.ts";
import { buildkitChanges, buildkitImage, writeBuildkitImage } from "../harness/buildkit_image.ts";
import type { Ran } from "../harness/run.ts";
import type { Fixture } from "./contract.ts";
import { type Peer, startPeer } from "./start_peer.ts";

/** The parts of an engine that these tests use. */
export interface Engine {
  readonly root: string;
  /** Runs its program. */
  run(...args: string[]): Promise<Ran>;
}

export function dockerEngineOf(dockerd: Dockerd): Engine {
  return { root: dockerd.root, run: (...args) => dockerd.docker(...args) };
}

/** Gives the engine an image with BuildKit. */
export async function importBuildkit({ root, run }: Engine): Promise<void> {
  const tar = await writeBuildkitImage(root);
  const changes = buildkitChanges.flatMap((change) => ["--change", change]);
  await run("import", ...changes, tar, buildkitImage);
  await Deno.remove(tar);
}

let count = 0;

/** Starts a container that sees the peer's socket at the address that buildctl gets. */
export async function startPeerContainer(
  engine: Engine,
  scheme: string,
): Promise<Fixture & { peer: Peer }> {
  const peer = await startPeer();
  const folder = peer.socket.slice(0, peer.socket.lastIndexOf("/"));
  const name = `peer${++count}`;
  const options = ["--network=none", "-e", "BUILDKIT_HOST=unix:///peer/s", "-v", `${folder}:/peer`];
  await engine.run("run", "-d", "--name", name, ...options, buildkitImage);
  let gone: Promise<void> | undefined;
  const kill = () =>
    gone ??= (async () => {
      await engine.run("kill", name);
      await peer.kill();
    })();
  return { peer, endpoint: `${scheme}://${name}`, kill, [Symbol.asyncDispose]: kill };
}
