/** A push by a Docker engine, for those whose BuildKit can't: `POST /images/NAME/push`. */
import type { Credential } from "../../buildkit/session/credentials.ts";
import {
  callEngine,
  type EngineEndpoint,
  type EngineRequest,
} from "../../transports/engine/docker_engine.ts";
import type { DialContext } from "../../transports/transport.ts";
import type { EngineProgress } from "./engine_progress.ts";
import { hearOut, watchEngine } from "./engine_watch.ts";
import type { ImageName } from "./image_name.ts";

/**
 * Pushes an image that the engine has under that name, with the login of this side.
 * Resolves to its manifest's digest, where the engine tells it. Throws `DialError`, `EngineError`, an
 * `Error` with the engine's reason, or the signal's.
 */
export async function pushImage(
  engine: EngineEndpoint,
  { host, name, tag }: ImageName,
  login: Credential | undefined,
  { context, onProgress }: {
    readonly context: DialContext;
    readonly onProgress: (progress: EngineProgress) => void;
  },
): Promise<string | undefined> {
  const path = name.split("/").map(encodeURIComponent).join("/");
  const request: EngineRequest = {
    method: "POST",
    path: `/images/${path}/push?tag=${encodeURIComponent(tag)}`,
    // An engine refuses a push without the field; an empty login is nobody's.
    headers: { "X-Registry-Auth": encodeLogin(host, login) },
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

/** base64url of JSON; an identity token has no user name. */
function encodeLogin(host: string, login: Credential | undefined): string {
  const fields = login === undefined
    ? {}
    : login.registryToken !== undefined
    ? { registrytoken: login.registryToken, serveraddress: host }
    : login.username === ""
    ? { identitytoken: login.secret, serveraddress: host }
    : { username: login.username, password: login.secret, serveraddress: host };
  return new TextEncoder().encode(JSON.stringify(fields)).toBase64({ alphabet: "base64url" });
}
