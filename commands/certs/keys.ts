import { bitString, type Der, integer, objectId, sequence } from "../../base/der.ts";

/** Kinds of keys, by their names in `--algorithm`. */
export type Algorithm = "ecdsa" | "ed25519";

/** A key pair for a certificate or an authority. */
export interface Keys {
  readonly algorithm: Algorithm;
  readonly pair: CryptoKeyPair;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Der;
  /** PKCS #8. */
  readonly privateKey: Der;
}

/** The object ids of the signature algorithms: ecdsa-with-SHA256, and Ed25519 (RFC 8410). */
const SIGNATURES = { ecdsa: "1.2.840.10045.4.3.2", ed25519: "1.3.101.112" } as const;

export async function makeKeys(algorithm: Algorithm): Promise<Keys> {
  const parameters = algorithm === "ed25519"
    ? { name: "Ed25519" }
    : { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
  const keys = pair as CryptoKeyPair;
  return {
    algorithm,
    pair: keys,
    publicKey: new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    privateKey: new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey)),
  };
}

/** The AlgorithmIdentifier of signatures by these keys. */
export function signatureAlgorithm({ algorithm }: Keys): Der {
  return sequence(objectId(SIGNATURES[algorithm]));
}

/** Signs bytes, and returns the BIT STRING for the certificate. */
export async function signature({ algorithm, pair }: Keys, bytes: Der): Promise<Der> {
  const how = algorithm === "ed25519" ? "Ed25519" : { name: "ECDSA", hash: "SHA-256" };
  const raw = new Uint8Array(await crypto.subtle.sign(how, pair.privateKey, bytes));
  if (algorithm === "ed25519") return bitString(raw);
  // WebCrypto concatenates two numbers of 32 bytes; X.509 requires two integers.
  return bitString(sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32))));
}

/** RFC 5280 §4.2.1.2 (1): the SHA-1 of the BIT STRING's content in the public key. */
export async function keyId({ publicKey, algorithm }: Keys): Promise<Uint8Array> {
  const bits = publicKey.slice(algorithm === "ed25519" ? -32 : -65);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bits));
}

export function pem(label: "CERTIFICATE" | "PRIVATE KEY", bytes: Der): string {
  const lines = bytes.toBase64().match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
