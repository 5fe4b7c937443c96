/** Requests and responses of the debug adapter protocol, both ways, and events. */
import { joinBytes } from "../../base/bytes.ts";
import { fieldsOf } from "../../base/json.ts";
import type { Input, Output } from "../../cli/deps.ts";
import { frame, FrameError, frameReader } from "./frames.ts";

/** The arguments of a request, as they came. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Answers a request with the response's body. A thrown Error becomes the response's message. */
export type RequestHandler = (args: Arguments) => unknown;

/** The adapter's side of a connection. */
export interface Server {
  event(event: string, body?: unknown): void;
  /** Asks the client. Rejects with the client's message, or at the end. */
  request(command: string, args: unknown): Promise<void>;
  /** Reads requests until the client ends. Never rejects. */
  serve(handlers: Readonly<Record<string, RequestHandler>>): Promise<void>;
  /** Resolves once everything is written. Nothing is sent afterwards. */
  end(): Promise<void>;
}

/** @param problem is called with what was wrong with the client's bytes */
export function serverOf(
  { stdin, stdout }: { readonly stdin: Input; readonly stdout: Output },
  problem: (text: string) => void,
): Server {
  let seq = 0;
  let over = false;
  let unwritten: Uint8Array[] = [];
  let written: Promise<void> | undefined;
  const asked = new Map<number, PromiseWithResolvers<void>>();

  function send(message: Readonly<Record<string, unknown>>): number {
    if (over) return 0;
    const own = ++seq;
    unwritten.push(frame({ seq: own, ...message }));
    // The client is gone when it can't be written to; the reader finds that out, too.
    written ??= write().catch(() => void (over = true));
    return own;
  }

  /** Writes what was sent, several messages at once: each write waits for another thread. */
  async function write(): Promise<void> {
    await Promise.resolve();
    while (unwritten.length > 0) {
      const bytes = joinBytes(unwritten);
      unwritten = [];
      await stdout.writeBytes(bytes);
    }
    written = undefined;
  }

  async function answer(
    request: Readonly<Record<string, unknown>>,
    handlers: Readonly<Record<string, RequestHandler>>,
  ): Promise<void> {
    const command = String(request["command"]);
    const head = { type: "response", request_seq: request["seq"], command };
    try {
      const handler = Object.hasOwn(handlers, command) ? handlers[command] : undefined;
      if (handler === undefined) throw new Error("not implemented");
      const body = await handler(fieldsOf(request["arguments"]));
      send({ ...head, success: true, ...body !== undefined && { body } });
    } catch (error) {
      send({ ...head, success: false, message: error instanceof Error ? error.message : "failed" });
    }
  }

  function take(message: unknown, handlers: Readonly<Record<string, RequestHandler>>): void {
    const { type, ...rest } = fieldsOf(message);
    if (type === "request") void answer(rest, handlers);
    if (type !== "response") return;
    const waiting = asked.get(Number(rest["request_seq"]));
    asked.delete(Number(rest["request_seq"]));
    if (rest["success"] === true) waiting?.resolve();
    else waiting?.reject(new Error(String(rest["message"] ?? "the client refused")));
  }

  return {
    event: (event, body) => void send({ type: "event", event, ...body !== undefined && { body } }),
    request(command, args) {
      const waiting = Promise.withResolvers<void>();
      const own = send({ type: "request", command, arguments: args });
      if (own === 0) waiting.reject(new Error("the client is gone"));
      else asked.set(own, waiting);
      return waiting.promise;
    },
    async serve(handlers) {
      const read = frameReader();
      const buffer = new Uint8Array(64 << 10);
      try {
        for (let count; (count = await stdin.read(buffer)) !== null;) {
          for (const message of read(buffer.subarray(0, count))) take(message, handlers);
        }
      } catch (error) {
        problem(
          error instanceof FrameError
            ? `the client sent ${error.message}, which is not a message of the protocol`
            : `cannot read from the client: ${(error as Error).message}`,
        );
      }
      for (const { reject } of asked.values()) reject(new Error("the client is gone"));
      asked.clear();
    },
    async end() {
      over = true;
      await written;
    },
  };
}
