import { buildkitImage } from "../harness/buildkit_image.ts";
import { dockerEngineOf, importBuildkit } from "../transports/containers.ts";
import type { EngineSpace } from "./engine.ts";

/** An image that starts buildkitd, as the one that buildx takes by default. */
export async function importDaemonImage({ engine }: EngineSpace): Promise<string> {
  await importBuildkit(dockerEngineOf(engine));
  await engine.docker("create", "--name", "first", buildkitImage);
  const changes = ["--change", 'ENTRYPOINT ["buildkitd"]', "--change", "CMD []"];
  await engine.docker("commit", ...changes, "first", "made-daemon");
  await engine.docker("rm", "first");
  return "made-daemon";
}
