import { jsonDetails } from "../buildkit/error_details.ts";
import type { RpcError } from "../buildkit/grpc/status.ts";
import { fieldsOf, itemsOf } from "../base/json.ts";

/**
 * Finds the messages of policies that denied a source, in an error's details. A decision is
 * `{denyMessages: [{message}]}`, since BuildKit 0.27.
 */
export function denyMessages(details: RpcError["details"]): string[] {
  return jsonDetails(details, "policysession.DecisionResponse")
    .flatMap(({ denyMessages }) => itemsOf(denyMessages))
    .flatMap((item) => {
      const { message } = fieldsOf(item);
      return typeof message === "string" && message !== "" ? [message] : [];
    });
}
