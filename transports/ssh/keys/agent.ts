/**
 * A client of ssh agents (https://www.rfc-editor.org/rfc/rfc9987). A message is its length in four
 * bytes, a type and a body.
 */
import { onAbort } from "../../../base/async.ts";
import { joinBytes, readUpTo, writeAll } from "../../../base/bytes.ts";
import { osReason } from "../../../base/os_reason.ts";
import type { RsaHash } from "./signing_key.ts";
import { string, stringsOf, uint32, WireReader } from "./wire.ts";

/** Types of messages. */
export const FAILURE = 5;
export const REQUEST_IDENTITIES = 11;
export const IDENTITIES_ANSWER = 12;
export const SIGN_REQUEST = 13;
export const SIGN_RESPONSE = 14;

/** The flags of a signing request that choose an RSA key's hash; without them it is SHA-1. */
export const RSA_FLAGS: Readonly<Record<RsaHash, number>> = {
  "SHA-1": 0,
  "SHA-256": 2,
  "SHA-512": 4,
};

/** The largest answer of an agent, in bytes, as in Go's client. */
const LARGEST_ANSWER = 16 << 20;

/** An error of an agent that can't be used. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/** A connection to an agent. */
export interface AgentConnection extends Disposable {
  /** Sends a request and returns the answer, both without the length. One request at a time. */
  ask(request: Uint8Array): Promise<Uint8Array>;
}

/**
 * A client of the agent that listens on a unix socket. The first request opens the connection.
 * @param signal closes the connection, which ends a pending request
 */
export function socketAgent(path: string, signal?: AbortSignal): AgentConnection {
  let connecting: Promise<Deno.UnixConn> | undefined;
  let connected: Deno.UnixConn | undefined;
  let over = false;
  const connect = async () => {
    try {
      connected = await Deno.connect({ transport: "unix", path });
    } catch (error) {
      throw new AgentError(`failed to connect to ${path}: ${osReason(error)}`);
    }
    if (over) connected.close();
    return connected;
  };
  const close = () => {
    if (over) return;
    over = true;
    connected?.close();
  };
  const aborting = signal && onAbort(signal, close);
  return {
    async ask(request) {
      const connection = await (connecting ??= connect());
      if (over) throw new AgentError(`the connection to the ssh agent at ${path} is closed`);
      await writeAll(connection, string(request));
      const length = new WireReader(await readFull(connection, 4, path)).uint32();
      if (length === 0 || length > LARGEST_ANSWER) {
        throw new AgentError(`${path} is not an ssh agent: it answered ${length} bytes`);
      }
      return await readFull(connection, length, path);
    },
    [Symbol.dispose]() {
      aborting?.[Symbol.dispose]();
      close();
    },
  };
}

/** Lists an agent's public keys in wire format, including certificates. */
export async function agentIdentities(agent: AgentConnection): Promise<Uint8Array[]> {
  const reader = bodyOf(
    await agent.ask(new Uint8Array([REQUEST_IDENTITIES])),
    IDENTITIES_ANSWER,
  );
  const keys: Uint8Array[] = [];
  for (let left = reader.uint32(); left > 0; left--) {
    keys.push(reader.string());
    reader.string(); // a comment
  }
  return keys;
}

/**
 * Asks the agent for a signature by the key of `blob`. The signature begins with its algorithm's
 * name.
 */
export async function agentSign(
  agent: AgentConnection,
  blob: Uint8Array,
  data: Uint8Array,
  hash: RsaHash,
): Promise<Uint8Array> {
  const type = new Uint8Array([SIGN_REQUEST]);
  const request = joinBytes([type, stringsOf([blob, data]), uint32(RSA_FLAGS[hash])]);
  return bodyOf(await agent.ask(request), SIGN_RESPONSE).string();
}

function bodyOf(answer: Uint8Array, expected: number): WireReader {
  const reader = new WireReader(answer);
  if (reader.byte() !== expected) throw new AgentError("the agent refused");
  return reader;
}

async function readFull(
  from: Deno.UnixConn,
  length: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readUpTo(from, length);
  if (bytes.length < length) throw new AgentError(`the ssh agent at ${path} hung up`);
  return bytes;
}
