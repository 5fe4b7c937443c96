/**
 * The key that stands for this side's logins. It is an Ed25519 key made of a secret of ours and the
 * daemon's salt. So it differs for each registry and each start of the daemon.
 *
 * Its seed is HMAC-SHA256(salt, secret of the host), or HMAC-SHA256(salt, nothing) without a login:
 * clients without a login may share each other's tokens.
 */
import { joinBytes } from "../../../base/bytes.ts";
import type { TokenSeeds } from "./token_seed.ts";

/** Keys by registry. `secret`: whether there is a login for the host. */
export interface TokenAuthority {
  /** 32 bytes. */
  publicKey(host: string, salt: Uint8Array, secret: boolean): Promise<Uint8Array>;
  /** The signature (64 bytes) and the payload behind it: the form of NaCl's crypto_sign. */
  sign(
    host: string,
    salt: Uint8Array,
    payload: Uint8Array,
    secret: boolean,
  ): Promise<Uint8Array>;
}

/**
 * The bytes before the seed in PKCS #8 (RFC 8410), the only form in which WebCrypto takes a seed.
 */
const PKCS8 = Uint8Array.fromHex("302e020100300506032b657004220420");

export function tokenAuthority(seeds: TokenSeeds): TokenAuthority {
  async function keyOf(host: string, salt: Uint8Array, secret: boolean): Promise<CryptoKey> {
    const seed = await hmac(salt, secret ? await seeds(host) : new Uint8Array(0));
    const key = joinBytes([PKCS8, seed]);
    return await crypto.subtle.importKey("pkcs8", key, "Ed25519", true, ["sign"]);
  }
  return {
    async publicKey(host, salt, secret) {
      const { x } = await crypto.subtle.exportKey("jwk", await keyOf(host, salt, secret));
      return Uint8Array.fromBase64(x!, { alphabet: "base64url" });
    },
    async sign(host, salt, payload, secret) {
      const bytes = payload.slice();
      const key = await keyOf(host, salt, secret);
      const signature = await crypto.subtle.sign("Ed25519", key, bytes);
      return joinBytes([new Uint8Array(signature), bytes]);
    },
  };
}

async function hmac(salt: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  // Keys are padded with zeros, so that an empty one, which WebCrypto refuses, is one zero.
  const raw = salt.length > 0 ? salt.slice() : new Uint8Array(1);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message.slice()));
}
