import assert from "node:assert/strict";
import { pair, Recorder, REQUEST } from "../../tests/http2/pair.ts";
import { ReceiveWindow } from "./window.ts";

Deno.test("a window is given back by halves, and widened with the next half", () => {
  let wanted = 0;
  const window = new ReceiveWindow(1000, 1000, () => wanted);
  assert.ok(window.take(1000));
  assert.equal(window.credit(400), 0);
  assert.equal(window.credit(100), 500);
  wanted = 4000;
  assert.equal(window.credit(500), 3500, "500 consumed bytes and 3000 more");
  assert.ok(window.take(4000));
  assert.ok(!window.take(1));
  wanted = 10;
  assert.equal(window.credit(2000), 2000, "it never shrinks");
});

Deno.test("a long link's windows have a limit, whatever the round trip is said to be", () => {
  for (const [roundTrip, most] of [[0, 4], [10, 4], [100, 25], [1e9, 32]] as const) {
    const { client, server, settle } = pair({
      onStream: (stream) => ({ data: (chunk) => stream.credit(chunk.length), closed() {} }),
    }, { limits: { maxHeaderList: 1000 } });
    server.roundTrip = roundTrip;
    settle();
    let left = 3 << 20;
    const stream = client.openStream(REQUEST, new Recorder(), {
      source: {
        available: () => left,
        pull(into) {
          const count = Math.min(left, into.length);
          left -= count;
          return count;
        },
        ended: false,
      },
    });
    settle();
    const granted = stream.window;
    assert.ok(granted <= most << 20 && granted > (most - 3) << 20, `${roundTrip}: ${granted}`);
  }
});
