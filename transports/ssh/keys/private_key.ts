/**
 * Reads files of private keys. The formats are OpenSSH's own (PROTOCOL.key in its sources), and PEM
 * as OpenSSL and `ssh-keygen -m PEM` or `-m PKCS8` write it. RFC 8017 describes PEM for RSA, RFC
 * 5915 for ECDSA, RFC 5958 for PKCS #8.
 */
import { derValues, objectIdText, TAG } from "../../../base/der.ts";
import { isOnSecurityKey, publicKeyIn } from "./public_key.ts";
import { CURVES, type SigningKey, signingKey } from "./signing_key.ts";
import { WireReader, withoutZeros } from "./wire.ts";

/** The result of reading a key file: a key, or the reason why there is none. */
export type KeyFile =
  | { readonly key: SigningKey }
  /** The file is encrypted, and the passphrase is missing or wrong. */
  | { readonly locked: true }
  | { readonly problem: string };

/** @param passphrase decrypts an encrypted key; other keys ignore it */
export async function readPrivateKey(text: string, passphrase?: string): Promise<KeyFile> {
  try {
    return { key: signingKey(await jsonWebKey(text, passphrase)) };
  } catch (error) {
    return error instanceof Locked ? { locked: true } : { problem: (error as Error).message };
  }
}

/**
 * Reads the public half of a key from its file, where that needs no passphrase: OpenSSH's format
 * leaves the public half unencrypted.
 */
export async function publicHalf(text: string): Promise<Uint8Array | undefined> {
  const block = pemBlock(text);
  if (block === undefined) return undefined;
  try {
    if (block.label === OPENSSH) return opensshParts(block.bytes()).open;
    const found = await readPrivateKey(text);
    return "key" in found ? found.key.blob : undefined;
  } catch {
    return undefined;
  }
}

/** The passphrase is missing or wrong. */
class Locked extends Error {}

const OPENSSH = "OPENSSH PRIVATE KEY";

async function jsonWebKey(text: string, passphrase: string | undefined): Promise<JsonWebKey> {
  const block = pemBlock(text);
  if (block === undefined) {
    throw new Error(publicKeyIn(text) === undefined ? "ssh: no key found" : "it is a public key");
  }
  const { label } = block;
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*ENCRYPTED/m.test(block.body)) {
    return await decrypted(text, passphrase);
  }
  switch (label) {
    case OPENSSH: {
      const { cipher, open, secret } = opensshParts(block.bytes());
      if (isOnSecurityKey(open)) throw new Error("it is in a security key");
      return cipher === "none" ? opensshKey(secret) : await decrypted(text, passphrase);
    }
    case "PRIVATE KEY":
      return await pkcs8Key(block.bytes());
    case "RSA PRIVATE KEY":
      return rsaKey(block.bytes());
    case "EC PRIVATE KEY":
      return ecKey(block.bytes());
  }
  throw new Error(`unsupported key type ${JSON.stringify(label)}`);
}

async function decrypted(text: string, passphrase: string | undefined): Promise<JsonWebKey> {
  if (passphrase === undefined) throw new Locked();
  const { decryptedKey } = await import("./encrypted_key.ts");
  const pem = await decryptedKey(text, passphrase);
  if (pem === undefined) throw new Locked();
  return await jsonWebKey(pem, undefined);
}

interface PemBlock {
  readonly label: string;
  /** The base64 text, with the header lines of older formats. */
  readonly body: string;
  /** Decodes the body. Throws for a text that is no base64. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** Finds the first block of a private key. A curve's parameters may precede it. */
function pemBlock(text: string): PemBlock | undefined {
  const [, label] = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----/.exec(text) ?? [];
  if (label === undefined) return undefined;
  const start = text.indexOf(`-----BEGIN ${label}-----`) + `-----BEGIN ${label}-----`.length;
  const end = text.indexOf(`-----END ${label}-----`, start);
  if (end < 0) return undefined;
  const body = text.slice(start, end);
  const bytes = () => Uint8Array.fromBase64(body.replace(/^.*:.*$/gm, ""));
  return { label, body, bytes };
}

const MAGIC = "openssh-key-v1\0";

/** Splits OpenSSH's format into the public key, which is never encrypted, and the private part. */
function opensshParts(bytes: Uint8Array) {
  const reader = new WireReader(bytes);
  if (new TextDecoder().decode(reader.take(MAGIC.length)) !== MAGIC) {
    throw new Error("invalid openssh private key format");
  }
  const cipher = reader.text();
  reader.string(); // the function that derives a key from the passphrase
  reader.string(); // the options of that function
  if (reader.uint32() !== 1) throw new Error("it holds several keys");
  return { cipher, open: reader.string(), secret: reader.string() };
}

function opensshKey(secret: Uint8Array): JsonWebKey {
  const reader = new WireReader(secret);
  if (reader.uint32() !== reader.uint32()) throw new Error("malformed openssh private key");
  const type = reader.text();
  if (type === "ssh-ed25519") {
    const x = reader.string();
    return ed25519Json(x, reader.string().subarray(0, 32));
  }
  if (type === "ssh-rsa") {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => reader.string());
    return rsaJson({ n, e, d, p, q, qi });
  }
  if (type.startsWith("ecdsa-sha2-")) {
    const curve = reader.text();
    return ecJson(curve, reader.string(), reader.string());
  }
  throw new Error(`unsupported key type ${JSON.stringify(type)}`);
}

function ed25519Json(x: Uint8Array, d: Uint8Array): JsonWebKey {
  return { kty: "OKP", crv: "Ed25519", x: base64url(x), d: base64url(d) };
}

/** Pads the private number to its curve's length, because OpenSSH may write it without zeros. */
function ecJson(curve: string, point: Uint8Array, number: Uint8Array): JsonWebKey {
  const { crv, size } = CURVES[curve] ?? {};
  const secret = withoutZeros(number);
  if (crv === undefined || point.length !== 1 + 2 * size! || point[0] !== 4) {
    throw new Error("unsupported elliptic curve");
  }
  if (secret.length > size!) throw new Error("malformed private key");
  const d = new Uint8Array(size!);
  d.set(secret, size! - secret.length);
  const [x, y] = [point.subarray(1, 1 + size!), point.subarray(1 + size!)];
  return { kty: "EC", crv, x: base64url(x), y: base64url(y), d: base64url(d) };
}

type RsaNumbers = Readonly<Record<"n" | "e" | "d" | "p" | "q" | "qi", Uint8Array | undefined>>;

/** Calculates the two numbers that OpenSSH's format omits (RFC 8017, section 3.2). */
function rsaJson({ n, e, d, p, q, qi }: RsaNumbers): JsonWebKey {
  const rest = (prime: Uint8Array) => bytesOf(numberOf(d!) % (numberOf(prime) - 1n));
  const parts = { n, e, d, p, q, dp: rest(p!), dq: rest(q!), qi };
  const texts = Object.entries(parts).map((
    [name, value],
  ) => [name, base64url(withoutZeros(value!))]);
  return { kty: "RSA", ...Object.fromEntries(texts) };
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toHex() || "0"}`);
}

function bytesOf(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Uint8Array.fromHex(hex.length % 2 === 1 ? `0${hex}` : hex);
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Reads the values in a DER file's only sequence. */
function sequenceIn(der: Uint8Array) {
  const [whole] = derValues(der);
  if (whole?.tag !== TAG.sequence) throw new Error("malformed private key");
  return derValues(whole.content);
}

/** Reads PKCS #1: version, n, e, d, p, q, d mod (p - 1), d mod (q - 1), 1/q mod p. */
function rsaKey(der: Uint8Array): JsonWebKey {
  const numbers = sequenceIn(der).map(({ content }) => content);
  if (numbers.length !== 9) throw new Error("malformed private key");
  const [, n, e, d, p, q, , , qi] = numbers;
  return rsaJson({ n, e, d, p, q, qi });
}

const OIDS: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.7": "nistp256",
  "1.3.132.0.34": "nistp384",
  "1.3.132.0.35": "nistp521",
};

/**
 * Reads SEC 1: version, number, [0] the curve, [1] the public point.
 * @param curve the curve that PKCS #8 names outside of the key
 */
function ecKey(der: Uint8Array, curve?: string): JsonWebKey {
  const [, number, ...more] = sequenceIn(der);
  const inside = (tag: number) => {
    const found = more.find((value) => value.tag === tag);
    return found && derValues(found.content)[0]?.content;
  };
  const named = inside(0xa0);
  // A BIT STRING begins with the number of unused bits at its end.
  const point = inside(0xa1)?.subarray(1);
  if (number === undefined) throw new Error("malformed private key");
  if (point === undefined) throw new Error("it has no public half: openssl ec adds one");
  return ecJson(
    curve ?? OIDS[objectIdText(named ?? new Uint8Array())] ?? "",
    point,
    number.content,
  );
}

/** Reads PKCS #8: version, { algorithm, parameters }, the key in its own form. */
async function pkcs8Key(der: Uint8Array<ArrayBuffer>): Promise<JsonWebKey> {
  const [, algorithm, key] = sequenceIn(der);
  const [name, parameters] = derValues(algorithm?.content ?? new Uint8Array());
  if (name === undefined || key === undefined) throw new Error("malformed private key");
  switch (objectIdText(name.content)) {
    case "1.2.840.113549.1.1.1":
      return rsaKey(key.content);
    case "1.2.840.10045.2.1":
      return ecKey(key.content, OIDS[objectIdText(parameters?.content ?? new Uint8Array())] ?? "");
    case "1.3.101.112": {
      // The file may hold only the seed, from which the public half is calculated.
      const imported = await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]);
      const { kty, crv, x, d } = await crypto.subtle.exportKey("jwk", imported);
      return { kty, crv, x, d } as JsonWebKey;
    }
  }
  throw new Error("unsupported private key: it must be Ed25519, RSA or ECDSA");
}
