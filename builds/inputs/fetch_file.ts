/**
 * A Dockerfile or a definition from a URL. The daemon fetches it, as every other source: its network
 * counts, and a file that it has only needs to be confirmed.
 */
import { Op } from "../../proto/gen/pb.ts";
import { messageOf } from "../../proto/message_of.ts";
import type { Client } from "../../buildkit/client.ts";
import { withGateway } from "../../buildkit/gateway.ts";
import { health } from "../../buildkit/session/health.ts";
import { dockerfileRequest } from "../../buildkit/solve_request.ts";
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
  const definition = await httpDefinition(url, "Dockerfile", `[internal] load ${url}`);
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
    const result = await gateway.solve({ Definition: definition });
    const ref = result.result?.$case === "ref" ? result.result.ref.id : "";
    const value = await gateway.readFile(ref, "Dockerfile", LARGEST + 1);
    if (value.length > LARGEST) {
      throw new Error(`${what} ${url} bigger than allowed max size (2.097MB)`);
    }
    return { result, value };
  });
  return value;
}

/**
 * A definition of one step, which fetches a file. Steps refer to each other by the digest of their
 * bytes. The last one of a definition only names the step whose result counts.
 */
async function httpDefinition(url: string, filename: string, name: string) {
  const fetch = Op.encode(messageOf(Op, {
    source: { identifier: url, attrs: { "http.filename": filename } },
  })).finish();
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", fetch.slice()));
  const digest = `sha256:${sum.toHex()}`;
  const last = Op.encode(messageOf(Op, { inputs: [{ digest, index: 0n }] })).finish();
  return {
    def: [fetch, last],
    metadata: {
      [digest]: {
        ignoreCache: false,
        description: { "llb.customname": name },
        caps: { "source.http": true },
        progressGroup: undefined,
      },
    },
    Source: undefined,
  };
}
