import type { Env } from "./env.ts";
import { parseBool, readBool } from "./go/bool.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Whether a variable is a true boolean; an empty variable is false. Throws `UsageError` for other
 * values.
 * @param what the beginning of the error, in buildx's words for this variable
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

/** Whether a variable is a true boolean; buildx ignores other values of some variables. */
export function isOn(name: string, env: Env, otherwise = false): boolean {
  return readBool(env(name) ?? "") ?? otherwise;
}
