/**
 * Private keys from files: OpenSSH's own format (PROTOCOL.key in its sources), and what OpenSSL
 * writes (PKCS #8; PKCS #1 for RSA; SEC 1 for elliptic curves). Keys behind a passphrase are refused:
 * there is nobody to ask.
 */
import { AgentError } from "./ssh_agents.ts";
import { concat, WireReader } from "./ssh_wire.ts";

/** A JSON Web Key with its private part. */
export type PrivateKey = JsonWebKey;

const curves: Readonly<Record<string, { readonly name: string; readonly oid: string }>> = {
  nistp256: { name: "P-256", oid: "06082a8648ce3d030107" },
  nistp384: { name: "P-384", oid: "06052b81040022" },
  nistp521: { name: "P-521", oid: "06052b81040023" },
};

/** Algorithm identifiers in DER: RSA with its NULL, and "a key on the curve that follows". */
const RSA = "06092a864886f70d0101010500";
const EC = "06072a8648ce3d0201";

/** Reads the first key of a text. Throws `AgentError`, or an Error of the parts that are wrong. */
export async function readPrivateKey(text: string): Promise<PrivateKey> {
  const pem = text.match(/-----BEGIN ([A-Z0-9 ]+)-----([^]*?)-----END \1-----/);
  if (!pem) throw new AgentError("ssh: no key found");
  const [, label, body] = pem as unknown as [string, string, string];
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*ENCRYPTED/m.test(body)) throw locked();
  const bytes = Uint8Array.fromBase64(body.replace(/^.*:.*$/gm, ""));
  switch (label) {
    case "OPENSSH PRIVATE KEY":
      return openSshKey(bytes);
    case "PRIVATE KEY":
      return await pkcs8Key(bytes);
    case "RSA PRIVATE KEY":
      return await pkcs8Key(pkcs8(RSA, bytes));
    case "EC PRIVATE KEY":
      return await pkcs8Key(pkcs8(EC + curveOf(bytes), bytes));
  }
  throw new AgentError(`unsupported key type ${JSON.stringify(label)}`);
}

function locked(): AgentError {
  return new AgentError(
    "ssh: this private key is passphrase protected",
    "add it to an ssh-agent with ssh-add, and lend that by --ssh default",
  );
}

function openSshKey(bytes: Uint8Array): PrivateKey {
  const magic = "openssh-key-v1\0";
  const reader = new WireReader(bytes);
  if (new TextDecoder().decode(reader.take(magic.length)) !== magic) {
    throw new AgentError("invalid openssh private key format");
  }
  const cipher = reader.text();
  reader.string(); // how the passphrase becomes a key
  reader.string(); // and its options
  if (cipher !== "none") throw locked();
  if (reader.uint32() !== 1) throw new AgentError("it holds several keys");
  reader.string(); // the public key, which the private part has, too
  const key = new WireReader(reader.string());
  if (key.uint32() !== key.uint32()) throw new AgentError("malformed openssh private key");
  const type = key.text();
  if (type === "ssh-ed25519") return ed25519Key(key);
  if (type === "ssh-rsa") return rsaKey(key);
  if (type.startsWith("ecdsa-sha2-")) return ecdsaKey(key);
  throw new AgentError(`unsupported key type ${JSON.stringify(type)}`);
}

function ed25519Key(key: WireReader): PrivateKey {
  const x = key.string();
  const seed = key.string().subarray(0, 32);
  return { kty: "OKP", crv: "Ed25519", x: base64url(x), d: base64url(seed) };
}

function ecdsaKey(key: WireReader): PrivateKey {
  const curve = curves[key.text()];
  const point = key.string();
  const secret = trimmed(key.string());
  if (curve === undefined || point[0] !== 4) throw new AgentError("unsupported elliptic curve");
  const size = (point.length - 1) / 2;
  const d = new Uint8Array(size);
  d.set(secret, size - secret.length);
  return {
    kty: "EC",
    crv: curve.name,
    x: base64url(point.subarray(1, 1 + size)),
    y: base64url(point.subarray(1 + size)),
    d: base64url(d),
  };
}

function rsaKey(key: WireReader): PrivateKey {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => trimmed(key.string())) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  // The two that the format leaves out (RFC 8017, section 3.2).
  const rest = (prime: Uint8Array) => bytesOf(numberOf(d) % (numberOf(prime) - 1n));
  const parts = { n, e, d, p, q, dp: rest(p), dq: rest(q), qi };
  const encoded = Object.entries(parts).map(([name, value]) => [name, base64url(value)]);
  return { kty: "RSA", ...Object.fromEntries(encoded) };
}

/** Without the zero that keeps a number from being negative. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (bytes[at] === 0) at++;
  return bytes.subarray(at);
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

/** The file says by its bytes which kind of key it is; each kind is tried. */
async function pkcs8Key(der: Uint8Array<ArrayBuffer>): Promise<PrivateKey> {
  const algorithms = [
    { name: "Ed25519" },
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    ...Object.values(curves).map(({ name }) => ({ name: "ECDSA", namedCurve: name })),
  ];
  for (const algorithm of algorithms) {
    try {
      const key = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
      const { alg: _, key_ops: __, ...jwk } = await crypto.subtle.exportKey("jwk", key);
      return jwk;
    } catch {
      // Of another kind, then.
    }
  }
  throw new AgentError("unsupported private key: it must be Ed25519, RSA or ECDSA");
}

/** A key in the older formats, as PKCS #8 has it: version 0, the algorithm, the key. */
function pkcs8(algorithm: string, key: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(
    0x30,
    concat([
      new Uint8Array([0x02, 0x01, 0x00]),
      der(0x30, Uint8Array.fromHex(algorithm)),
      der(0x04, key),
    ]),
  );
}

function der(tag: number, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = value;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return concat([new Uint8Array([tag, ...size]), value]);
}

function curveOf(sec1: Uint8Array): string {
  const hex = sec1.toHex();
  const curve = Object.values(curves).find(({ oid }) => hex.includes(oid));
  if (curve === undefined) throw new AgentError("unsupported elliptic curve");
  return curve.oid;
}
