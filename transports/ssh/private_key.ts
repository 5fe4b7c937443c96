/**
 * Files of private keys: OpenSSH's own format, and PEM of old, which ssh2 reads; PKCS#8 (RFC 5958),
 * as openssl and `ssh-keygen -m PKCS8` write it, which it doesn't; and keys whose private half is in a
 * security key (`sk-…`), of which the file has but a name.
 */
import { wholeKey } from "./ecdsa.ts";
import { keyType } from "./known_hosts.ts";
import type { Ssh2, SshKey } from "./ssh2.ts";
import { stringsOf } from "./wire.ts";

/** What is in a file: a key, or why there is none. */
export type KeyFile =
  | { readonly key: SshKey }
  /** A passphrase is wanted, or another one. */
  | { readonly locked: true }
  | { readonly problem: string };

const PKCS8 = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/;

export async function readKey(ssh2: Ssh2, text: string, passphrase?: string): Promise<KeyFile> {
  const [head, encrypted] = PKCS8.exec(text) ?? [];
  if (encrypted !== undefined && passphrase === undefined) return { locked: true };
  let plain = text;
  if (head !== undefined) {
    try {
      plain = await fromPkcs8(text, passphrase);
    } catch (error) {
      // Not told apart by node: a wrong passphrase, and a cipher that it doesn't know.
      return encrypted === undefined ? { problem: `${error}` } : { locked: true };
    }
  }
  if (isOnSecurityKey(publicHalf(text))) return { problem: "it is in a security key" };
  const found = ssh2.utils.parseKey(plain, head === undefined ? passphrase : undefined);
  const key = Array.isArray(found) ? found[0] ?? new Error("it holds no key") : found;
  if (key instanceof Error) {
    return /passphrase/i.test(key.message) ? { locked: true } : { problem: key.message };
  }
  if (!key.isPrivateKey()) return { problem: "it is a public key" };
  return { key: wholeKey(ssh2, key) };
}

/** Whether a public key, as it is on the wire, is that of a security key. */
export function isOnSecurityKey(key: Uint8Array | undefined): boolean {
  return key !== undefined && /^sk-.*@openssh\.com$/.test(keyType(key));
}

/** The public half of a key in a file: in `FILE.pub`, else in the file, where it can be read in the clear. */
export function publicKeyOf(ssh2: Ssh2, file: string): Uint8Array | undefined {
  const [beside, inside] = [`${file}.pub`, file].map((path) => {
    try {
      return Deno.readTextFileSync(path);
    } catch {
      return "";
    }
  });
  for (const text of [beside!, inside!]) {
    const [type, base64] = text.trim().split(/\s+/);
    try {
      const key = Uint8Array.fromBase64(base64 ?? "");
      if (keyType(key) === type) return key;
    } catch {
      // It is no line of a public key.
    }
  }
  const half = publicHalf(inside!);
  if (half !== undefined) return half;
  const key = ssh2.utils.parseKey(inside!);
  const first = Array.isArray(key) ? key[0] : key;
  return first === undefined || first instanceof Error ? undefined : first.getPublicSSH();
}

/** OpenSSH's format (PROTOCOL.key) has it in the clear, encrypted or not. */
function publicHalf(text: string): Uint8Array | undefined {
  const [, base64] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(text) ?? [];
  if (base64 === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(base64.replace(/\s/g, ""));
    const view = new DataView(bytes.buffer);
    // "openssh-key-v1\0", cipher, its key, the key's options, the number of keys.
    let at = 15;
    for (let skipped = 0; skipped < 3; skipped++) at += 4 + view.getUint32(at);
    const start = at + 8;
    return bytes.subarray(start, start + view.getUint32(at + 4));
  } catch {
    return undefined;
  }
}

async function fromPkcs8(text: string, passphrase: string | undefined): Promise<string> {
  const { createPrivateKey } = await import("node:crypto");
  const key = createPrivateKey({ key: text, format: "pem", ...passphrase && { passphrase } });
  if (key.asymmetricKeyType === "rsa") return String(key.export({ format: "pem", type: "pkcs1" }));
  if (key.asymmetricKeyType === "ec") return String(key.export({ format: "pem", type: "sec1" }));
  if (key.asymmetricKeyType !== "ed25519") {
    throw new Error(`keys of type ${key.asymmetricKeyType} are not taken`);
  }
  const { d = "", x = "" } = key.export({ format: "jwk" });
  const [secret, open] = [d, x].map((part) =>
    Uint8Array.fromBase64(part, { alphabet: "base64url" })
  );
  return opensshKey(secret!, open!);
}

/** An ed25519 key in OpenSSH's format, in the clear. */
function opensshKey(secret: Uint8Array, open: Uint8Array): string {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const type = bytes("ssh-ed25519");
  // Twice the same number, then the key and its comment, filled up to eight.
  const fields = stringsOf([type, open, new Uint8Array([...secret, ...open]), bytes("")]);
  const length = 8 + fields.length;
  const inner = new Uint8Array([
    ...new Uint8Array(8),
    ...fields,
    ...Array.from({ length: (8 - length % 8) % 8 }, (_, i) => i + 1),
  ]);
  const whole = new Uint8Array([
    ...bytes("openssh-key-v1\0"),
    ...stringsOf([bytes("none"), bytes("none"), bytes("")]),
    ...[0, 0, 0, 1],
    ...stringsOf([stringsOf([type, open]), inner]),
  ]);
  const lines = whole.toBase64().replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
