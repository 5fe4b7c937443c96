import type { Env } from "../../transports/transport.ts";
import { parseBool } from "../flags/value.ts";
import { UsageError } from "./usage_error.ts";

/** A switch in the environment. Throws `UsageError` for what is no boolean, as buildx does. */
export function isTrue(name: string, env: Env): boolean {
  const text = env(name);
  if (!text) return false;
  try {
    return parseBool(text);
  } catch {
    throw new UsageError(
      `invalid value ${JSON.stringify(text)} of ${name}`,
      "it is true or false",
    );
  }
}
