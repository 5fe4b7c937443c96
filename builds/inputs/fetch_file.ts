/**
 * Fetches a Dockerfile or a definition from a URL. The daemon does it, as for every other source:
 * its network is used, and a file in its cache only needs to be confirmed.
 */
import type { Client } from "../../buildkit/client.ts";
import { withGateway } from "../../buildkit/gateway.ts";
import { health } from "../../buildkit/session/health.ts";
import { dockerfileRequest } from "../../buildkit/solve_request.ts";
import type { JobContext } from "../running/job.ts";
import { sourceDefinition } from "../../buildkit/step_definition.ts";
import { refOf } from "../../buildkit/result.ts";

/** The limit of buildx, in bytes. */
const LARGEST = 2 << 20;

/**
 * Throws RpcError, or an Error for a file that is too large. @param what the file's kind, for that
 * error
 */
export async function fetchFile(
  client: Client,
  url: string,
  what: string,
  { deps, progress, idle }: Pick<JobContext, "deps" | "progress" | "idle">,
): Promise<Uint8Array> {
  const source = { identifier: url, attrs: { "http.filename": "Dockerfile" } };
  const Definition = await sourceDefinition(source, `[internal] load ${url}`, ["source.http"]);
  const request = dockerfileRequest({});
  const { value } = await withGateway(client, { ...request, FrontendAttrs: {}, Internal: true }, {
    services: [health],
    sharedKey: "",
    onStatus(status) {
      idle?.touch();
      progress.update(status);
    },
    signal: deps.signal,
  }, async (gateway) => {
    const result = await gateway.solve({ Definition });
    const value = await gateway.files(refOf(result)).readFile("Dockerfile", {
      length: LARGEST + 1,
    });
    if (value.length > LARGEST) {
      throw new Error(`${what} ${url} bigger than allowed max size (2.097MB)`);
    }
    return { result, value };
  });
  return value;
}
