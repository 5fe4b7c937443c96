/** A port of a pod as a byte stream. */
import { type ChannelEnd, channelStream } from "./channels.ts";
import { endings } from "./diagnosis/exec_end.ts";
import { brokenOff, type PodDial } from "./pod_dial.ts";
import { openSocket } from "./pod_socket.ts";
import type { ByteStream } from "../byte_stream.ts";
import { lostOrFailed } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** Plain channels. The other protocol, SPDY in a WebSocket, would only add a half-close. */
const PROTOCOLS = ["v4.channel.k8s.io"];
const DATA = 0;
/** The length of the port, little-endian, at the beginning of each channel. */
const PORT_BYTES = 2;
/** The characters of an error that are kept. */
const LONGEST_ERROR = 4 << 10;

/** Connects to the port. Throws as `openSocket`. */
export async function forwardToPod(
  dial: PodDial,
  port: number,
  context: DialContext,
): Promise<ByteStream> {
  const began = performance.now();
  const path = `portforward?ports=${port}`;
  const { socket } = await openSocket(dial, path, PROTOCOLS, context);
  const decoder = new TextDecoder();
  let said = "";
  return channelStream(socket, {
    reads: DATA,
    skips: PORT_BYTES,
    halfCloses: false,
    other(_channel, bytes) {
      if (said.length < LONGEST_ERROR) said += decoder.decode(bytes, { stream: true });
    },
    ...endings(dial, began, {
      context,
      failure: (end) => failureOf(dial, port, said, end),
      again: (anew) => forwardToPod(dial, port, anew),
    }),
  });
}

function failureOf(
  dial: PodDial,
  port: number,
  said: string,
  { any, broken }: ChannelEnd,
): Error | undefined {
  if (said === "") return broken === undefined ? undefined : brokenOff(dial, any, broken);
  const refused = /connection refused/.test(said);
  const problem = refused
    ? `nothing listens on port ${port} of pod ${dial.pod}`
    : `port ${port} of pod ${dial.pod} can't be reached: ${said.trim()}`;
  return lostOrFailed(any, problem, {
    endpoint: dial.endpoint,
    step: "connect",
    code: "unreachable",
    hint: `give the daemon --addr tcp://0.0.0.0:${port}, or the port it has as the option port`,
    retryable: refused,
  });
}
