import { bitString, type Der, integer, objectId, sequence } from "../../base/der.ts";

/** Kinds of keys, by the name that `--algorithm` has for them. */
export type Algorithm = "ecdsa" | "ed25519";

/** A key pair that signs certificates, or is in one. */
export interface Keys {
  readonly algorithm: Algorithm;
  readonly pair: CryptoKeyPair;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Der;
  /** PKCS #8. */
  readonly privateKey: Der;
}

/** What X.509 calls the way that a kind of keys signs: ecdsa-with-SHA256, and RFC 8410. */
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

/** AlgorithmIdentifier of signatures by these keys. */
export function signatureAlgorithm({ algorithm }: Keys): Der {
  return sequence(objectId(SIGNATURES[algorithm]));
}

/** Signs; gives the BIT STRING that stands in a certificate. */
export async function signature({ algorithm, pair }: Keys, bytes: Der): Promise<Der> {
  const how = algorithm === "ed25519" ? "Ed25519" : { name: "ECDSA", hash: "SHA-256" };
  const raw = new Uint8Array(await crypto.subtle.sign(how, pair.privateKey, bytes));
  if (algorithm === "ed25519") return bitString(raw);
  // WebCrypto puts two numbers of 32 bytes side by side, X.509 wants them as integers.
  return bitString(sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32))));
}

/** RFC 5280 §4.2.1.2 (1): the SHA-1 of the public key's bits, without what is around them. */
export async function keyId({ publicKey, algorithm }: Keys): Promise<Uint8Array> {
  const bits = publicKey.slice(algorithm === "ed25519" ? -32 : -65);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bits));
}

export function pem(label: "CERTIFICATE" | "PRIVATE KEY", bytes: Der): string {
  const lines = bytes.toBase64().match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
