/** The results of a frontend, as the gateway API names them: by refs. */
import type { Ref, Result } from "../proto/gen/gateway_types.ts";
import type { Gateway } from "./gateway.ts";

/** The refs of a result by platform; empty for a result without files. */
export function refsOf({ result }: Result): readonly (readonly [platform: string, ref: Ref])[] {
  if (result?.$case === "ref") return [["", result.ref]];
  return result?.$case === "refs" ? Object.entries(result.refs.refs) : [];
}

/** The ref of a single result; empty for none, and for one of each platform. */
export function refOf({ result }: Result): string {
  return result?.$case === "ref" ? result.ref.id : "";
}

/** Builds all results. Rejects with the daemon's error. */
export async function evaluateAll(gateway: Gateway, result: Result): Promise<void> {
  await Promise.all(refsOf(result).map(([, { id }]) => id && gateway.evaluate(id)));
}
