import type { RpcError } from "../buildkit/grpc/status.ts";

const TYPE_URL = "github.com/moby/buildkit/policysession.DecisionResponse+json";

/**
 * Finds the messages of policies that denied a source, in an error's details. BuildKit packs a
 * decision as JSON into google.protobuf.Any: `{denyMessages: [{message}]}`, since 0.27.
 */
export function denyMessages(details: RpcError["details"]): string[] {
  return details.flatMap(({ typeUrl, value }) => {
    if (typeUrl.replace(/^type\.googleapis\.com\//, "") !== TYPE_URL) return [];
    try {
      const { denyMessages } = JSON.parse(new TextDecoder().decode(value)) as {
        denyMessages?: { message?: unknown }[];
      };
      return (denyMessages ?? []).flatMap(({ message }) =>
        typeof message === "string" && message !== "" ? message : []
      );
    } catch {
      return [];
    }
  });
}
