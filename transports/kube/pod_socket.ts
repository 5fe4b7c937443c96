import { callKube } from "./api.ts";
import { type PodDial, podPath } from "./pod_dial.ts";
import { WebSocketClient, webSocketUpgrade } from "../net/websocket.ts";
import type { DialContext } from "../transport.ts";

/**
 * Opens a WebSocket at a path of the pod, in one of the protocols. Throws as `callKube`, and
 * `WebSocketError`.
 */
export async function openSocket(
  dial: PodDial,
  path: string,
  protocols: readonly string[],
  context: DialContext,
): Promise<{ socket: WebSocketClient; protocol: string }> {
  const { headers, accepted } = webSocketUpgrade(protocols);
  const request = { path: `${podPath(dial)}/${path}`, headers, upgrade: "websocket" };
  const { head, http, stream } = await callKube(dial.target, request, dial.endpoint, context);
  try {
    return { protocol: await accepted(head), socket: new WebSocketClient(http.upgraded()) };
  } catch (error) {
    stream.close();
    throw error;
  }
}
