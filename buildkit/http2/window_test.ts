import assert from "node:assert/strict";
import { Connection } from "./connection.ts";
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
    const server: Connection = new Connection("server", {
      onStream: (stream) => ({ data: (chunk) => stream.credit(chunk.length), closed() {} }),
    });
    server.roundTrip = roundTrip;
    const client = new Connection("client", { limits: { maxHeaderList: 1000 } });
    const exchange = () => {
      const buffer = new Uint8Array(1 << 20);
      for (let moved = true; moved;) {
        moved = false;
        for (const [from, to] of [[client, server], [server, client]] as const) {
          for (let count; (count = from.pull(buffer)) > 0; moved = true) {
            to.receive(buffer.subarray(0, count));
          }
        }
      }
    };
    exchange();
    let left = 3 << 20;
    const stream = client.openStream([[":method", "POST"], [":scheme", "http"], [":path", "/"]], {
      data() {},
      closed() {},
    }, {
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
    exchange();
    const granted = stream.window;
    assert.ok(granted <= most << 20 && granted > (most - 3) << 20, `${roundTrip}: ${granted}`);
  }
});
