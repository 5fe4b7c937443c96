/**
 * Private keys that sign by the runtime's WebCrypto (RFC 8709 for Ed25519, RFC 8332 for RSA, RFC
 * 5656 for ECDSA).
 */
import { joinBytes } from "../../../base/bytes.ts";
import { mpint, string, stringsOf } from "./wire.ts";

/** A key pair. */
export interface SigningKey {
  /** The public key in wire format. */
  readonly blob: Uint8Array;
  /**
   * Returns the signature in wire format: its algorithm's name, then its bytes.
   * @param hash the hash for an RSA key; other keys have a fixed hash
   */
  sign(data: Uint8Array, hash: RsaHash): Promise<Uint8Array>;
}

/** The hash of an RSA signature. SHA-1 is for servers that support no other. */
export type RsaHash = "SHA-1" | "SHA-256" | "SHA-512";

/** ECDSA's curves by ssh's names, with the size of a coordinate in bytes. */
export const CURVES: Readonly<Record<string, { readonly crv: string; readonly size: number }>> = {
  nistp256: { crv: "P-256", size: 32 },
  nistp384: { crv: "P-384", size: 48 },
  nistp521: { crv: "P-521", size: 66 },
};

/** Makes a key from a JSON Web Key (RFC 7517). Throws for a kind of key that ssh doesn't have. */
export function signingKey(key: JsonWebKey): SigningKey {
  switch (key.kty) {
    case "OKP":
      return ed25519(key);
    case "RSA":
      return rsa(key);
    case "EC":
      return ecdsa(key);
    default:
      throw new Error(`keys of the kind ${key.kty} are not supported`);
  }
}

function ed25519(key: JsonWebKey): SigningKey {
  return {
    blob: stringsOf(["ssh-ed25519", part(key, "x")]),
    async sign(data) {
      return stringsOf(["ssh-ed25519", await sign(key, { name: "Ed25519" }, data)]);
    },
  };
}

const RSA_NAMES: Readonly<Record<RsaHash, string>> = {
  "SHA-1": "ssh-rsa",
  "SHA-256": "rsa-sha2-256",
  "SHA-512": "rsa-sha2-512",
};

function rsa(key: JsonWebKey): SigningKey {
  return {
    blob: joinBytes([string("ssh-rsa"), mpint(part(key, "e")), mpint(part(key, "n"))]),
    async sign(data, hash) {
      const made = await sign(key, { name: "RSASSA-PKCS1-v1_5", hash }, data);
      return stringsOf([RSA_NAMES[hash], made]);
    },
  };
}

function ecdsa(key: JsonWebKey): SigningKey {
  const bits = key.crv!.slice("P-".length);
  const name = `ecdsa-sha2-nistp${bits}`;
  const hash = bits === "521" ? "SHA-512" : `SHA-${bits}`;
  const point = joinBytes([new Uint8Array([4]), part(key, "x"), part(key, "y")]);
  return {
    blob: stringsOf([name, `nistp${bits}`, point]),
    async sign(data) {
      const made = await sign(key, { name: "ECDSA", namedCurve: key.crv!, hash }, data);
      const half = made.length / 2;
      const numbers = joinBytes([mpint(made.subarray(0, half)), mpint(made.subarray(half))]);
      return stringsOf([name, numbers]);
    },
  };
}

/** Decodes a field of a JSON Web Key. */
function part(key: JsonWebKey, name: "x" | "y" | "n" | "e"): Uint8Array {
  return Uint8Array.fromBase64(key[name] ?? "", { alphabet: "base64url" });
}

async function sign(
  key: JsonWebKey,
  algorithm: { name: string; hash?: string; namedCurve?: string },
  data: Uint8Array,
): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("jwk", key, algorithm, false, ["sign"]);
  const made = await crypto.subtle.sign(algorithm as { name: string }, imported, data.slice());
  return new Uint8Array(made);
}
