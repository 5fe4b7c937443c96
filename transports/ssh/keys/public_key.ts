/** Public keys in wire format (RFC 4253, section 6.6): the type's name, then the type's fields. */
import { maybe } from "../../../base/maybe.ts";
import { WireReader } from "./wire.ts";

/** Reads a key's type; empty for truncated bytes. */
export function keyType(key: Uint8Array): string {
  return maybe(() => new WireReader(key).text()) ?? "";
}

/** Whether a public key is that of a security key (OpenSSH's PROTOCOL.u2f). */
export function isOnSecurityKey(key: Uint8Array): boolean {
  return /^sk-.*@openssh\.com$/.test(keyType(key));
}

/** Formats a key's fingerprint as OpenSSH does: `SHA256:…`. */
export async function fingerprint(key: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", key.slice());
  return `SHA256:${new Uint8Array(digest).toBase64({ omitPadding: true })}`;
}

/** Parses a line `TYPE BASE64 [COMMENT]`; returns undefined for any other text. */
export function publicKeyIn(line: string): Uint8Array | undefined {
  const [type = "", base64 = ""] = line.trim().split(/\s+/, 2);
  const key = maybe(() => Uint8Array.fromBase64(base64));
  return key !== undefined && type !== "" && keyType(key) === type ? key : undefined;
}

/** Formats a public key's line, without a comment. */
export function publicKeyLine(key: Uint8Array): string {
  return `${keyType(key)} ${key.toBase64()}`;
}
