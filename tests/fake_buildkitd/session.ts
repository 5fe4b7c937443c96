/** The daemon's end of a session: the client's HTTP/2 in the messages of Control.Session. */
import { Channel, type ClientCall } from "../../buildkit/grpc/channel.ts";
import type { ServerCall } from "../../buildkit/grpc/call.ts";
import { all, first, type Metadata } from "../../buildkit/grpc/metadata.ts";
import { Connection } from "../../buildkit/http2/connection.ts";
import { bytesOf } from "../../buildkit/session/tunnel.ts";
import { BytesMessage } from "../../proto/gen/control.ts";

export interface FakeSession {
  readonly id: string;
  /** The paths that the client serves. */
  readonly methods: readonly string[];
  /** Calls the client. */
  readonly channel: Channel;
  call(path: string, metadata?: Metadata): ClientCall;
  /** Sends bytes instead of the inner connection's bytes. */
  sendRaw(bytes: Uint8Array): void;
  /** Sends a message of the session that need not be a BytesMessage. */
  sendMessage(bytes: Uint8Array): void;
  /** Ends the session from the daemon's side. */
  end(): void;
  /** Resolves when the session is over, whichever side ended it. */
  readonly ended: Promise<void>;
}

export function acceptSession(call: ServerCall): FakeSession {
  const inner = new Connection("client");
  const over = Promise.withResolvers<void>();
  let isOver = false;
  let wake: () => void = () => {};
  inner.onWritable = () => wake();

  const pump = async () => {
    const buffer = new Uint8Array(32 << 10);
    while (!isOver) {
      const count = inner.pull(buffer);
      if (count === 0) await new Promise<void>((resolve) => wake = resolve);
      else {
        call.send(BytesMessage.encode({ data: buffer.slice(0, count) }).finish());
        await call.drained(256 << 10);
      }
    }
  };
  const end = () => {
    if (isOver) return;
    isOver = true;
    wake();
    inner.lost(new Error("the session is over"));
    over.resolve();
  };
  const received = call.receive((message) => inner.receive(bytesOf(message)));
  received.then(end, end);
  pump().catch(end);
  const channel = new Channel(inner, "session", "fake_buildkitd");
  return {
    id: first(call.metadata, "x-docker-expose-session-uuid") ?? "",
    methods: all(call.metadata, "x-docker-expose-session-grpc-method"),
    channel,
    call: (path, metadata = []) => channel.call(path, { metadata }),
    sendRaw: (bytes) => call.send(BytesMessage.encode({ data: bytes }).finish()),
    sendMessage: (bytes) => call.send(bytes),
    end,
    ended: over.promise,
  };
}
