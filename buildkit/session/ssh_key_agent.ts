/** An agent in memory: it lists private keys and signs with them (RFC 9987). */
import { joinBytes, sameBytes } from "../../base/bytes.ts";
import {
  AgentError,
  FAILURE,
  IDENTITIES_ANSWER,
  REQUEST_IDENTITIES,
  RSA_FLAGS,
  SIGN_REQUEST,
  SIGN_RESPONSE,
} from "../../transports/ssh/keys/agent.ts";
import { readPrivateKey } from "../../transports/ssh/keys/private_key.ts";
import type { SigningKey } from "../../transports/ssh/keys/signing_key.ts";
import { string, stringsOf, uint32, WireReader } from "../../transports/ssh/keys/wire.ts";
import type { Agent } from "./ssh.ts";

/** Throws `AgentError` for a file that holds no private key that we can use. */
export async function keyOf(path: string, text: string): Promise<SigningKey> {
  const found = await readPrivateKey(text);
  if ("key" in found) return found.key;
  if ("problem" in found) throw new AgentError(`failed to parse ${path}: ${found.problem}`);
  throw new AgentError(
    `failed to parse ${path}: ssh: this private key is passphrase protected`,
    "add it to an ssh-agent with ssh-add, and forward the agent with --ssh default",
  );
}

export function keyAgent(keys: readonly SigningKey[]): Agent {
  const connection = {
    ask: (request: Uint8Array) => answer(keys, request),
    [Symbol.dispose]() {},
  };
  return () => connection;
}

async function answer(keys: readonly SigningKey[], request: Uint8Array): Promise<Uint8Array> {
  const failure = new Uint8Array([FAILURE]);
  if (request[0] === REQUEST_IDENTITIES) {
    const list = stringsOf(keys.flatMap(({ blob }) => [blob, ""]));
    return joinBytes([new Uint8Array([IDENTITIES_ANSWER]), uint32(keys.length), list]);
  }
  if (request[0] !== SIGN_REQUEST) return failure;
  try {
    const reader = new WireReader(request.subarray(1));
    const [blob, data, flags] = [reader.string(), reader.string(), reader.uint32()];
    const key = keys.find((key) => sameBytes(key.blob, blob));
    if (key === undefined) return failure;
    const hash = flags & RSA_FLAGS["SHA-512"]
      ? "SHA-512"
      : flags & RSA_FLAGS["SHA-256"]
      ? "SHA-256"
      : "SHA-1";
    return joinBytes([new Uint8Array([SIGN_RESPONSE]), string(await key.sign(data, hash))]);
  } catch {
    return failure;
  }
}
