/**
 * An API server that has just been started forbids everything until it has read the roles: for some
 * tenths of a second such an answer says nothing about the account.
 */
import { callKube, KubeRefusal } from "./api.ts";
import type { KubeTarget } from "./config.ts";
import { DialError } from "../errors.ts";
import { pause } from "../../base/async.ts";
import type { DialContext } from "../transport.ts";

/** It may be asked for by everybody; 500 while something of the server still starts. */
const READY = "/readyz";
const LOOKS = 8;
const PAUSE_MS = 250;

/**
 * Whether the API server that has forbidden something is only starting. Where it forbids the very
 * question, either the roles aren't read or its owner wants it so: it is asked for two seconds then.
 * Rejects with the signal's reason.
 */
export async function isStarting(
  target: KubeTarget,
  endpoint: string,
  context: DialContext,
): Promise<boolean> {
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await pause(PAUSE_MS, context.signal);
    const status = await statusOf(target, endpoint, context);
    if (status === undefined || status >= 500) return true;
    // Ready now, and not at the look before.
    if (status !== 403) return status === 200 && look > 0;
  }
  return false;
}

/** Undefined where the server can't be reached. */
async function statusOf(
  target: KubeTarget,
  endpoint: string,
  context: DialContext,
): Promise<number | undefined> {
  try {
    const { head, stream } = await callKube(target, { path: READY }, endpoint, context);
    stream.close();
    return head.status;
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof KubeRefusal) return error.status;
    if (error instanceof DialError) return undefined;
    throw error;
  }
}
