import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { SshChannel } from "./ssh2.ts";
import { type ChannelInternals, widenWindow } from "./wide_window.ts";

const MIB = 1 << 20;

Deno.test("ssh2 gives back exactly what came through a widened window", () => {
  // The function of ssh2 that grants the server more.
  const { windowAdjust, MAX_WINDOW, WINDOW_THRESHOLD } = createRequire(import.meta.url)(
    "ssh2/lib/Channel.js",
  );
  let granted = MAX_WINDOW;
  const channel: ChannelInternals = {
    incoming: { window: MAX_WINDOW },
    outgoing: { id: 3 },
    _client: {
      _protocol: {
        channelWindowAdjust(id, bytes) {
          assert.equal(id, 3);
          granted += bytes;
        },
      },
    },
  };
  widenWindow(channel as unknown as SshChannel);
  assert.equal(granted, 16 * MIB);
  let came = 0;
  const receive = (bytes: number, isRead: boolean) => {
    assert.notEqual(channel.incoming.window, 0, "ssh2 would drop the data");
    came += bytes;
    assert.ok(came <= granted);
    channel.incoming.window -= bytes;
    if (isRead && channel.incoming.window <= WINDOW_THRESHOLD) windowAdjust(channel);
  };
  // A quick reader.
  for (let at = 0; at < 1000; at++) receive(32_768, true);
  const ahead = granted - came;
  assert.ok(ahead > 14 * MIB && ahead <= 16 * MIB, `${ahead}`);
  // A reader that reads nothing, until the server may send no more; then it reads everything.
  while (granted > came) receive(Math.min(32_768, granted - came), false);
  for (let at = 0; at < 10; at++) windowAdjust(channel);
  assert.equal(granted - came, 16 * MIB);
});
