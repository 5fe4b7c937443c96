/** Upgrades a request to a Docker engine: after status 101, the connection is a byte stream. */
import { answerOf, callEngine, type EngineEndpoint, type EngineRequest } from "./docker_engine.ts";
import type { ByteStream } from "../byte_stream.ts";
import type { DialContext } from "../transport.ts";

/**
 * Sends the request and waits for the upgrade. Bytes after the answer's head belong to the stream.
 * An engine that doesn't upgrade answers 200, and the connection becomes the stream all the same.
 * Throws `DialError`, `EngineError`, or the signal's reason; `context.signal` ends the stream, too.
 */
export async function upgradeEngine(
  engine: EngineEndpoint,
  request: EngineRequest & { readonly upgrade: string },
  context: DialContext,
): Promise<ByteStream> {
  const call = await callEngine(engine, request, context);
  context.step("upgrade", engine.host);
  try {
    await answerOf(call, engine, request, context.signal);
  } catch (error) {
    call.stream.close();
    throw error;
  }
  return { ...call.http.upgraded(), close: () => call.stream.close() };
}
