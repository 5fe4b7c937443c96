/**
 * Logins by public keys (RFC 4252, section 7): an offered key or certificate, and a function that
 * signs once the server has accepted it. ssh2's own keys and agents support no certificates and no
 * security keys, and only some formats of private keys. So each login is a key of fairlead's own to
 * ssh2, and `ssh2_internals.ts` writes the signature into the request.
 */
import { agentSign, socketAgent } from "./keys/agent.ts";
import type { RsaHash } from "./keys/signing_key.ts";
import type { Ssh2 } from "./ssh2.ts";
import { loginKey } from "./ssh2_internals.ts";

/** A login in the form that `authHandler` passes to ssh2. */
export type NextAuth = Record<string, unknown>;

/** Makes a signature in wire format: its algorithm's name, then its bytes. */
export type Sign = (data: Uint8Array, hash: RsaHash) => Promise<Uint8Array>;

export interface Login {
  /** A public key or a certificate, in wire format. */
  readonly blob: Uint8Array;
  /**
   * The algorithm's name in the request; for `ssh-rsa`, ssh2 chooses a hash that the server
   * supports.
   */
  readonly algorithm: string;
  readonly sign: Sign;
}

/** Signs by the key of `blob` in the agent at a socket. */
export function signWithAgent(path: string, blob: Uint8Array, signal: AbortSignal): Sign {
  return async (data, hash) => {
    using agent = socketAgent(path, signal);
    return await agentSign(agent, blob, data, hash);
  };
}

/** Makes ssh2's next login. ssh2 skips a login whose signature fails. */
export function loginBy(ssh2: Ssh2, username: string, login: Login): NextAuth {
  return { type: "publickey", username, key: loginKey(ssh2, login) };
}
