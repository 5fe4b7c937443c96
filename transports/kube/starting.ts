/**
 * An API server that has just been started forbids everything until it has read the roles. For some
 * tenths of a second, a 403 says nothing about the account.
 */
import { callKube, KubeRefusal } from "./api.ts";
import type { KubeTarget } from "./config/config.ts";
import { DialError } from "../errors.ts";
import { pause } from "../../base/async.ts";
import type { DialContext } from "../transport.ts";

/** The path that every account may ask for; the answer is 500 while the server still starts. */
const READY = "/readyz";
const LOOKS = 8;
const PAUSE_MS = 250;

/**
 * Whether an API server that has answered 403 is only starting. A 403 for `/readyz` itself is
 * ambiguous: the roles aren't read yet, or they forbid the path. The question is then repeated for
 * two seconds. Rejects with the signal's reason.
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
    // The server is ready now, and was not ready at the look before.
    if (status !== 403) return status === 200 && look > 0;
  }
  return false;
}

/** The status of `/readyz`; undefined when the server can't be reached. */
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
