/**
 * Fetches a Dockerfile or a definition from a URL. The daemon does it, as for every other source:
 * its network is used, and a file in its cache only needs to be confirmed.
 */
import { Definition } from "../../proto/gen/pb.ts";
import type { Client } from "../../buildkit/client.ts";
import { withGateway } from "../../buildkit/gateway.ts";
import { health } from "../../buildkit/session/health.ts";
import { dockerfileRequest } from "../../buildkit/solve_request.ts";
import { sourceDefinition } from "./source_definition.ts";
import type { JobContext } from "../running/job.ts";

/** The limit of buildx, in bytes. */
const LARGEST = 2 << 20;

/** Throws RpcError, or an Error for a file that is too large. @param what the file's kind, for that error */
export async function fetchFile(
  client: Client,
  url: string,
  what: string,
  { deps, progress, idle }: Pick<JobContext, "deps" | "progress" | "idle">,
): Promise<Uint8Array> {
  const source = { identifier: url, attrs: { "http.filename": "Dockerfile" } };
  const definition = await sourceDefinition(source, `[internal] load ${url}`, ["source.http"]);
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
    const result = await gateway.solve({ Definition: Definition.encode(definition).finish() });
    const ref = result.result?.$case === "ref" ? result.result.ref.id : "";
    const value = await gateway.files(ref).readFile("Dockerfile", { length: LARGEST + 1 });
    if (value.length > LARGEST) {
      throw new Error(`${what} ${url} bigger than allowed max size (2.097MB)`);
    }
    return { result, value };
  });
  return value;
}
