/**
 * A wider receive window for a channel of ssh2. ssh2's own 2 MiB (`MAX_WINDOW` in its `Channel.js`)
 * let 20 MB/s through at a round trip of 100 ms.
 */
import type { SshChannel } from "./ssh2.ts";

/** The bytes besides ssh2's own window; at most so many wait here for a slow reader. */
const MORE = 14 << 20;

/** The private fields of a channel that are used here. */
export interface ChannelInternals {
  readonly incoming: { window: number };
  readonly outgoing: { readonly id: number };
  readonly _client: {
    readonly _protocol: { channelWindowAdjust(channel: number, bytes: number): void };
  };
}

/**
 * Grants the server more, and leaves ssh2 to count in its own window. ssh2 sees the bytes of the
 * wide window beyond the additional ones. It sees at least one, because it drops data at 0.
 */
export function widenWindow(channel: SshChannel): void {
  const { incoming, outgoing, _client } = channel as unknown as ChannelInternals;
  let left = incoming.window + MORE;
  const shown = () => Math.max(1, left - MORE);
  Object.defineProperty(incoming, "window", {
    get: shown,
    set: (value: number) => left += value - shown(),
  });
  _client._protocol.channelWindowAdjust(outgoing.id, MORE);
}
