import { maybe } from "../base/maybe.ts";
import { fieldsOf } from "../base/json.ts";
import type { ErrorDetail } from "./grpc/status.ts";

/**
 * The details of one type in an error, in their order. BuildKit packs them as JSON into
 * google.protobuf.Any. Unreadable details are skipped, because they only explain the error.
 * @param type without the host and the ending: `errdefs.Source`
 */
export function jsonDetails(
  details: readonly Pick<ErrorDetail, "typeUrl" | "value">[],
  type: string,
): Readonly<Record<string, unknown>>[] {
  return details.flatMap(({ typeUrl, value }) => {
    if (!typeUrl.endsWith(`/${type}+json`)) return [];
    return maybe(() => [fieldsOf(JSON.parse(new TextDecoder().decode(value)))]) ?? [];
  });
}
