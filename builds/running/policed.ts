/** A build under Rego policies. Their code is loaded only if the build has one. */
import type { Client } from "../../buildkit/client.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import type { SolveRequest } from "../../proto/gen/control_types.ts";
import type { OpenPolicies } from "../policy/open_policies.ts";
import type { Job, JobContext } from "./job.ts";

/** Opens the policies of a build; undefined for none. */
export async function underPolicies(
  client: Client,
  job: Job,
  context: JobContext,
  services: readonly Service[],
): Promise<OpenPolicies | undefined> {
  if (job.build.inputs.policies === undefined) return undefined;
  const { openPolicies } = await import("../policy/open_policies.ts");
  return await openPolicies(client, job, context, services);
}

/**
 * Returns the request with the fields that make the daemon ask the build's own session about
 * sources.
 */
export function policedRequest(
  request: SolveRequest,
  policies: OpenPolicies | undefined,
): SolveRequest {
  if (policies === undefined) return request;
  const { proxyNetwork } = policies;
  return { ...request, SourcePolicySession: request.Session, ProxyNetwork: proxyNetwork };
}
