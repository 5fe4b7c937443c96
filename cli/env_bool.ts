import type { Env } from "../transports/transport.ts";
import { parseBool } from "../base/go/bool.ts";
import { UsageError } from "../base/usage_error.ts";

/**
 * A switch in the environment; an empty one is not set. Throws `UsageError` for what is no boolean.
 * @param what the error's beginning, in buildx's words for this variable
 */
export function isTrue(name: string, env: Env, what = `invalid ${name}`): boolean {
  const text = env(name);
  if (!text) return false;
  try {
    return parseBool(text);
  } catch (error) {
    throw new UsageError(`${what}: ${(error as Error).message}`, "it is true or false");
  }
}

/** A switch that counts only when it is a boolean: buildx passes over other values of some. */
export function isOn(name: string, env: Env, otherwise = false): boolean {
  try {
    return parseBool(env(name) ?? "");
  } catch {
    return otherwise;
  }
}
