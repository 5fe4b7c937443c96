/**
 * The part of `npipe` that can be tested without named pipes: the stream under it. `node:net` makes
 * that stream of a pipe's path on Windows and of a unix socket's elsewhere.
 */
import assert from "node:assert/strict";
import { connectPipe } from "../../transports/net/pipe.ts";
import { DialError } from "../../transports/errors.ts";
import { npipe } from "../../transports/schemes/npipe.ts";
import { contract } from "./contract.ts";
import { context } from "./contract_help.ts";
import { startPeer } from "./start_peer.ts";

if (Deno.build.os !== "windows") {
  contract("npipe's stream, over a unix socket", {
    async dial(path, { signal }) {
      const stream = await connectPipe(path, `npipe://${path}`, signal);
      return { stream, authority: "localhost", peer: path, secure: false };
    },
    async start() {
      const peer = await startPeer();
      return Object.assign(peer, { endpoint: peer.socket });
    },
    hang: "a unix socket is connected at once, or refused where its queue is full",
    dead: [["/nowhere/s", /no such pipe$/]],
  });

  Deno.test("npipe: the error on other systems says that it needs Windows", async () => {
    await assert.rejects(npipe.dial(npipe.parse(npipe.example), context()), (error) => {
      assert(error instanceof DialError && error.code === "unsupported");
      assert.match(
        `${error.message}; ${error.hint}`,
        /named pipes exist only on Windows; .*unix:\/\//,
      );
      return true;
    });
  });
}
