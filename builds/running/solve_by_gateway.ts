import type { Client } from "../../buildkit/client.ts";
import { type Gateway, withGateway } from "../../buildkit/gateway.ts";
import type { SolveOptions } from "../../buildkit/solve.ts";
import type { BuildOptions } from "../../buildkit/solve_request.ts";
import type { Result } from "../../proto/gen/gateway_types.ts";
import type { SolveRequest } from "../../proto/gen/control.ts";

/**
 * Asks for the frontend's build over the gateway API, as buildx does. The daemon then keeps two
 * requests, the client's and the frontend's, and the provenance has the client's as
 * `invocation.parameters.root`. It costs two more round trips than a plain solve.
 * @param inputs encoded definitions for the frontend, by name
 * @param inspect looks into the build, and returns the result that the daemon gets
 */
export async function solveByGateway(
  client: Client,
  request: SolveRequest,
  options: SolveOptions,
  inputs: Readonly<Record<string, Uint8Array>>,
  inspect?: (gateway: Gateway, result: Result) => Promise<Result>,
): Promise<Record<string, string>> {
  const { Frontend, FrontendAttrs } = request;
  const { answers } = await withGateway(client, request, options, async (gateway) => {
    const FrontendOpt = { ...FrontendAttrs };
    const FrontendInputs = { ...inputs };
    const solved = gateway.solve({ Frontend, FrontendOpt, FrontendInputs });
    // A hook needs them; the daemon tells them while the frontend works.
    if (inspect) gateway.capabilities().catch(() => {});
    const result = await solved;
    return { result: await inspect?.(gateway, result) ?? result, value: undefined };
  });
  return answers;
}

/** Attributes of a request that buildx's provenance repeats. */
const REPEATED = /^(?:build-arg:|label:|target$|context$|context:)/;

/**
 * Whether the provenance of a build has a copy of the request: some is wanted, and it says
 * something.
 */
export function recordsRequest(
  { buildArgs, labels, target, attrs = {} }: BuildOptions,
  wantsProvenance: boolean,
): boolean {
  if (!wantsProvenance && attrs["attest:provenance"] === undefined) return false;
  return Object.keys(buildArgs).length > 0 || Object.keys(labels).length > 0 || Boolean(target) ||
    Object.keys(attrs).some((key) => REPEATED.test(key));
}
