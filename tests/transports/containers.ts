/** Engines with a container in which the real `buildctl dial-stdio` reaches the suite's peer. */
import type { Dockerd } from "../harness/dockerd.ts";
import { buildkitChanges, buildkitImage, writeBuildkitImage } from "../harness/buildkit_image.ts";
import { oncePerRun } from "../harness/once_per_run.ts";
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
  const own = `${root}/buildkit.tar`;
  const tar = await oncePerRun("buildkit.tar", own, writeBuildkitImage);
  const changes = buildkitChanges.flatMap((change) => ["--change", change]);
  await run("import", ...changes, tar, buildkitImage);
  if (tar === own) await Deno.remove(tar);
}

/** Gives the engine an image that starts buildkitd, as the one that builders take by default. */
export async function importDaemon(engine: Engine, name = "made-daemon"): Promise<string> {
  await importBuildkit(engine);
  await engine.run("create", "--name", "first", buildkitImage);
  const changes = ["--change", 'ENTRYPOINT ["buildkitd"]', "--change", "CMD []"];
  await engine.run("commit", ...changes, "first", name);
  await engine.run("rm", "first");
  return name;
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
