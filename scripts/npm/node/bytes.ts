/** Adds the methods of `Uint8Array` that Node 22 lacks. */
import { Buffer } from "node:buffer";

/** Methods of the language that Node 22 lacks: https://tc39.es/proposal-arraybuffer-base64/ */
const added: Record<
  string,
  (this: Uint8Array, options?: { alphabet?: string; omitPadding?: boolean }) => string
> = {
  toHex() {
    return Buffer.from(this).toString("hex");
  },
  toBase64({ alphabet, omitPadding } = {}) {
    const text = Buffer.from(this).toString(alphabet === "base64url" ? "base64url" : "base64");
    if (alphabet !== "base64url") return omitPadding ? text.replace(/=+$/, "") : text;
    return omitPadding ? text : text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  },
};
const made: Record<string, (text: string, options?: { alphabet?: string }) => Uint8Array> = {
  fromHex(text) {
    if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new SyntaxError("this is not hexadecimal text");
    return new Uint8Array(Buffer.from(text, "hex"));
  },
  fromBase64(text, { alphabet } = {}) {
    const form = alphabet === "base64url" ? /^[\w\s-]*={0,2}\s*$/ : /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
    if (!form.test(text)) throw new SyntaxError("this is not base64 text");
    return new Uint8Array(Buffer.from(text, alphabet === "base64url" ? "base64url" : "base64"));
  },
};
for (const [methods, on] of [[added, Uint8Array.prototype], [made, Uint8Array]] as const) {
  for (const [name, value] of Object.entries(methods)) {
    if (!(name in on)) {
      Object.defineProperty(on, name, { value, writable: true, configurable: true });
    }
  }
}
