import { stringsOf } from "./wire.ts";

/**
 * A private key in OpenSSH's own format (PROTOCOL.key), in the clear, as ssh2 reads it.
 * @param open the strings of the public key, its type first
 * @param secret what comes behind them in the private one
 */
export function opensshKey(open: readonly Uint8Array[], secret: Uint8Array): string {
  const bytes = (text: string) => new TextEncoder().encode(text);
  // Twice the same number, then the key and its comment, filled up to eight.
  const fields = stringsOf([...open, secret, bytes("")]);
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
    ...stringsOf([stringsOf(open), inner]),
  ]);
  const lines = whole.toBase64().replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
