/**
 * Logins by public keys (RFC 4252, section 7): a key or a certificate that is offered, and a function
 * that signs once the server would take it. ssh2 has keys and agents of its own for this, but knows no
 * certificates and no security keys, and reads only some of the private keys. So to ssh2 each login is
 * a key of ours, and `ssh2_internals.ts` writes the signature into the request.
 */
import { agentSign, socketAgent } from "./keys/agent.ts";
import type { RsaHash } from "./keys/signing_key.ts";
import type { Ssh2 } from "./ssh2.ts";
import { loginKey } from "./ssh2_internals.ts";

/** What `authHandler` hands to ssh2. */
export type NextAuth = Record<string, unknown>;

/** Makes a signature as it is on the wire: its algorithm's name, then its bytes. */
export type Sign = (data: Uint8Array, hash: RsaHash) => Promise<Uint8Array>;

export interface Login {
  /** A public key, or a certificate, as it is on the wire. */
  readonly blob: Uint8Array;
  /** The name in the request; for `ssh-rsa`, ssh2 chooses the hash by what the server takes. */
  readonly algorithm: string;
  readonly sign: Sign;
}

/** Has the agent at a socket sign with the key of `blob`. */
export function signWithAgent(path: string, blob: Uint8Array, signal: AbortSignal): Sign {
  return async (data, hash) => {
    using agent = socketAgent(path, signal);
    return await agentSign(agent, blob, data, hash);
  };
}

/** What ssh2 tries next. A login whose signature fails is left out; the next one follows. */
export function loginBy(ssh2: Ssh2, username: string, login: Login): NextAuth {
  return { type: "publickey", username, key: loginKey(ssh2, login) };
}
