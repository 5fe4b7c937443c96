/**
 * Files of private keys: OpenSSH's own format, which ssh2 reads; PEM, as openssl and
 * `ssh-keygen -m PEM` or `-m PKCS8` (RFC 5958) write it, which node reads; and keys whose private half is in a
 * security key (`sk-…`), of which the file has but a name.
 */
import { ecdsaKey, wholeKey } from "./ecdsa.ts";
import { keyType } from "./known_hosts.ts";
import { opensshKey } from "./openssh_key.ts";
import type { Ssh2, SshKey } from "./ssh2.ts";

/** What is in a file: a key, or why there is none. */
export type KeyFile =
  | { readonly key: SshKey }
  /** A passphrase is wanted, or another one. */
  | { readonly locked: true }
  | { readonly problem: string };

/**
 * What node reads: PKCS#8, and the older formats of RSA and ecdsa, which ssh2 leaves with what
 * decryption adds at the end, so that Deno refuses them.
 */
const PEM = /-----BEGIN (?:ENCRYPTED |RSA |EC )?PRIVATE KEY-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;

export async function readKey(ssh2: Ssh2, text: string, passphrase?: string): Promise<KeyFile> {
  const isPem = PEM.test(text);
  const isEncrypted = isPem && ENCRYPTED.test(text);
  if (isEncrypted && passphrase === undefined) return { locked: true };
  let plain = text;
  if (isPem) {
    try {
      plain = await fromPem(text, passphrase);
    } catch (error) {
      // Not told apart by node: a wrong passphrase, and a cipher that it doesn't know.
      return isEncrypted ? { locked: true } : { problem: (error as Error).message };
    }
  }
  if (isOnSecurityKey(publicHalf(text))) return { problem: "it is in a security key" };
  const key = parse(ssh2, plain, isPem ? undefined : passphrase);
  if (key instanceof Error) {
    // The last is what is said of a wrong one where the cipher authenticates.
    const isLocked = /passphrase|unable to authenticate data/i.test(key.message);
    return isLocked ? { locked: true } : { problem: key.message };
  }
  if (!key.isPrivateKey()) return { problem: "it is a public key" };
  return { key: wholeKey(ssh2, key) };
}

function parse(ssh2: Ssh2, text: string, passphrase?: string): SshKey | Error {
  try {
    const found = ssh2.utils.parseKey(text, passphrase);
    if (found instanceof Error && /Invalid key length/.test(found.message)) {
      return new Error("its cipher is not known here; ssh-keygen -p -Z aes256-ctr changes it");
    }
    return Array.isArray(found) ? found[0] ?? new Error("it holds no key") : found;
  } catch (error) {
    return error as Error; // nistp521 in PEM
  }
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
  const key = parse(ssh2, inside!);
  return key instanceof Error ? undefined : key.getPublicSSH();
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

async function fromPem(text: string, passphrase: string | undefined): Promise<string> {
  const { createPrivateKey } = await import("node:crypto");
  const key = createPrivateKey({ key: text, format: "pem", ...passphrase && { passphrase } });
  const type = key.asymmetricKeyType;
  if (type === "rsa") return String(key.export({ format: "pem", type: "pkcs1" }));
  if (type !== "ed25519" && type !== "ec") throw new Error(`keys of type ${type} are not taken`);
  const { crv, d = "", x = "", y = "" } = key.export({ format: "jwk" });
  const [secret, ...open] = [d, x, y].map((part) =>
    Uint8Array.fromBase64(part, { alphabet: "base64url" })
  );
  if (type === "ec") {
    return ecdsaKey(crv!.replace("P-", "nistp"), [4, ...open[0]!, ...open[1]!], secret!);
  }
  const name = new TextEncoder().encode("ssh-ed25519");
  return opensshKey([name, open[0]!], new Uint8Array([...secret!, ...open[0]!]));
}
