/**
 * An agent in memory, of private keys: it lists them and signs with them
 * (https://www.rfc-editor.org/rfc/rfc9987; signatures by RFC 8709 for Ed25519, RFC 8332 for RSA,
 * RFC 5656 for ECDSA).
 */
import type { Agent } from "./ssh.ts";
import { AgentError } from "./ssh_agents.ts";
import { type PrivateKey, readPrivateKey } from "./ssh_key_file.ts";
import { concat, mpint, string, uint32, WireReader } from "./ssh_wire.ts";

const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
/** Flags of a request to sign: which hash goes with an RSA key; SHA-1 without them. */
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;

/** A key as an agent has it. */
export interface AgentKey {
  /** The public key, as it names itself. */
  readonly blob: Uint8Array;
  sign(data: Uint8Array<ArrayBuffer>, flags: number): Promise<Uint8Array>;
}

/** Throws `AgentError` for a file that holds no private key that we can use. */
export async function keyOf(path: string, text: string): Promise<AgentKey> {
  try {
    return agentKey(await readPrivateKey(text));
  } catch (error) {
    const hint = error instanceof AgentError ? error.hint : undefined;
    throw new AgentError(`failed to parse ${path}: ${(error as Error).message}`, hint);
  }
}

export function keyAgent(keys: readonly AgentKey[]): Agent {
  const connection = {
    ask: (request: Uint8Array) => answer(keys, request),
    [Symbol.dispose]() {},
  };
  return () => connection;
}

async function answer(keys: readonly AgentKey[], request: Uint8Array): Promise<Uint8Array> {
  if (request[0] === REQUEST_IDENTITIES) {
    const list = keys.flatMap(({ blob }) => [string(blob), string("")]);
    return concat([new Uint8Array([IDENTITIES_ANSWER]), uint32(keys.length), ...list]);
  }
  if (request[0] !== SIGN_REQUEST) return new Uint8Array([FAILURE]);
  try {
    const reader = new WireReader(request.subarray(1));
    const wanted = reader.string();
    const data = reader.string().slice();
    const flags = reader.uint32();
    const key = keys.find(({ blob }) => blob.length === wanted.length && same(blob, wanted));
    if (key === undefined) return new Uint8Array([FAILURE]);
    return concat([new Uint8Array([SIGN_RESPONSE]), string(await key.sign(data, flags))]);
  } catch {
    return new Uint8Array([FAILURE]);
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, at) => byte === b[at]);
}

function agentKey(key: PrivateKey): AgentKey {
  switch (key.kty) {
    case "OKP":
      return ed25519(key);
    case "RSA":
      return rsa(key);
    case "EC":
      return ecdsa(key);
    default:
      throw new AgentError(`keys of the kind ${key.kty} are not supported`);
  }
}

/** A part of a JSON Web Key. */
function part(key: PrivateKey, name: "x" | "y" | "n" | "e"): Uint8Array {
  return Uint8Array.fromBase64(key[name] ?? "", { alphabet: "base64url" });
}

function ed25519(key: PrivateKey): AgentKey {
  return {
    blob: concat([string("ssh-ed25519"), string(part(key, "x"))]),
    async sign(data) {
      const made = await sign(key, { name: "Ed25519" }, data);
      return concat([string("ssh-ed25519"), string(made)]);
    },
  };
}

function rsa(key: PrivateKey): AgentKey {
  return {
    blob: concat([string("ssh-rsa"), mpint(part(key, "e")), mpint(part(key, "n"))]),
    async sign(data, flags) {
      const [name, hash] = flags & RSA_SHA2_512
        ? ["rsa-sha2-512", "SHA-512"]
        : flags & RSA_SHA2_256
        ? ["rsa-sha2-256", "SHA-256"]
        : ["ssh-rsa", "SHA-1"];
      const made = await sign(key, { name: "RSASSA-PKCS1-v1_5", hash: hash! }, data);
      return concat([string(name!), string(made)]);
    },
  };
}

function ecdsa(key: PrivateKey): AgentKey {
  const bits = key.crv!.slice("P-".length);
  const name = `ecdsa-sha2-nistp${bits}`;
  const hash = bits === "521" ? "SHA-512" : `SHA-${bits}`;
  const point = concat([new Uint8Array([4]), part(key, "x"), part(key, "y")]);
  return {
    blob: concat([string(name), string(`nistp${bits}`), string(point)]),
    async sign(data) {
      const made = await sign(key, { name: "ECDSA", namedCurve: key.crv!, hash }, data);
      const half = made.length / 2;
      const numbers = concat([mpint(made.subarray(0, half)), mpint(made.subarray(half))]);
      return concat([string(name), string(numbers)]);
    },
  };
}

async function sign(
  key: PrivateKey,
  algorithm: { name: string; hash?: string; namedCurve?: string },
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("jwk", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(algorithm as { name: string }, imported, data));
}
