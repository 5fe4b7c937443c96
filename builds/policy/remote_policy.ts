/** buildx also evaluates a Rego policy beside the Dockerfile of a context that only the daemon can fetch. */
import type { Client } from "../../buildkit/client.ts";
import { readContextFiles } from "../inputs/context_files.ts";
import type { JobContext } from "../running/job.ts";
import { policyError } from "./policy.ts";
import type { PreparedBuild } from "../prepare.ts";

/** Throws `UsageError` where there is a policy. */
export async function refuseRemotePolicy(
  client: Client,
  { inputs, secrets, agents }: PreparedBuild,
  context: JobContext,
): Promise<void> {
  const name = `${inputs.filename}.rego`;
  const far = {
    url: inputs.attrs["context"] ?? "",
    secrets,
    agents,
  };
  const [found] = await readContextFiles(client, far, { names: [name], length: 1 }, context);
  if (found) throw policyError(`${name} of the context`);
}
