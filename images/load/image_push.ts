/** A push by a Docker engine whose BuildKit can't push: `POST /images/NAME/push`. */
import type { Credential } from "../../buildkit/session/logins/credentials.ts";
import {
  callEngine,
  type EngineEndpoint,
  type EngineRequest,
} from "../../transports/engine/docker_engine.ts";
import type { DialContext } from "../../transports/transport.ts";
import { registryAuth } from "../../transports/engine/registry_auth.ts";
import type { EngineProgress } from "../../transports/engine/progress.ts";
import { hearOut, watchEngine } from "./engine_watch.ts";
import { type Reference, repositoryName } from "../../buildkit/registry/reference.ts";

/**
 * Pushes an image that the engine has under that name, with the user's login. Resolves to the
 * manifest's digest if the engine sends it. Throws `DialError`, `EngineError`, or the signal's
 * reason.
 */
export async function pushImage(
  engine: EngineEndpoint,
  image: Reference,
  login: Credential | undefined,
  { context, onProgress }: {
    readonly context: DialContext;
    readonly onProgress: (progress: EngineProgress) => void;
  },
): Promise<string | undefined> {
  const path = repositoryName(image).split("/").map(encodeURIComponent).join("/");
  const request: EngineRequest = {
    method: "POST",
    path: `/images/${path}/push?tag=${encodeURIComponent(image.tag)}`,
    headers: registryAuth(image.domain, login),
  };
  using watch = watchEngine(engine, context);
  const call = await callEngine(engine, request, watch.context);
  let digest: string | undefined;
  try {
    await watch.during(() =>
      hearOut(call, { engine, request, watch }, (progress) => {
        if (progress.digest !== undefined) digest = progress.digest;
        else onProgress(progress);
      })
    );
  } finally {
    call.stream.close();
  }
  return digest;
}
