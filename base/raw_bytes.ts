/**
 * Texts that may hold invalid UTF-8, such as a step's output. Each invalid byte becomes a lone
 * surrogate (U+DC00 plus the byte), and that byte again when the text is written. A character that
 * two messages share needs no state: its bytes are written one after the other.
 */
import { joinBytes } from "./bytes.ts";

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lone = 0xdc00;

/** Bytes as text. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return pieces(bytes);
  }
}

function pieces(bytes: Uint8Array): string {
  let text = "", start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length === 0) {
      text += strict.decode(bytes.subarray(start, at)) + String.fromCharCode(lone + bytes[at]!);
      start = at + 1;
    }
    at += length || 1;
  }
  return text + strict.decode(bytes.subarray(start));
}

/**
 * The bytes of the character at `at`; 0 for none
 * (https://www.rfc-editor.org/rfc/rfc3629#section-4).
 */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!, second = bytes[at + 1] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead === 0xe0 && second < 0xa0 || lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90 || lead === 0xf4 && second > 0x8f) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const rest = bytes.subarray(at + 1, at + length);
  return rest.length === length - 1 && rest.every((byte) => (byte & 0xc0) === 0x80) ? length : 0;
}

/** The bytes of a text: UTF-8, except for the surrogates of invalid bytes. */
export function bytesOfText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const parts = text.split(/([\udc80-\udcff])/u).map((part) => {
    const code = part.charCodeAt(0) - lone;
    return part.length === 1 && code >= 0x80 && code <= 0xff
      ? Uint8Array.of(code)
      : encoder.encode(part);
  });
  return joinBytes(parts);
}

/** The text for a display that counts columns: each invalid byte becomes U+FFFD. */
export function displayText(text: string): string {
  return text.isWellFormed() ? text : new TextDecoder().decode(bytesOfText(text));
}
