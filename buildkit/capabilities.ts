import type { Client } from "./client.ts";
import { withGateway } from "./gateway.ts";
import { health } from "./session/health.ts";
import { dockerfileRequest } from "./solve_request.ts";

/**
 * The capabilities of the daemon's builder, by BuildKit's names (`exporter.multiple`): asked
 * by an empty build that is recorded nowhere. Rejects as `withGateway` does.
 */
export async function capabilities(
  client: Client,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const request = dockerfileRequest({});
  const options = { services: [health], sharedKey: "", onStatus: () => {}, signal };
  const { value } = await withGateway(
    client,
    { ...request, Internal: true },
    options,
    async (at) => {
      const value = await at.capabilities();
      return { result: { result: undefined, metadata: {} }, value };
    },
  );
  return value;
}
