/** bcrypt, the hash for passwords that is slow on purpose. */
import { Blowfish } from "../blowfish.ts";
import { FunctionError } from "../function.ts";
import { stringOf, type Value } from "../value.ts";
import { define, type Functions, integerOf, textOf } from "./define.ts";

const DEFAULT_COST = 10;
const MIN_COST = 4;
/** Each step doubles the time; beyond this it is minutes. */
const MAX_COST = 16;
const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** `$2a$COST$SALT+HASH`. @param salt of 16 bytes */
export function bcrypt(password: Uint8Array, cost: number, salt: Uint8Array): string {
  const key = new Uint8Array(password.length + 1);
  key.set(password);
  const cipher = new Blowfish();
  const saltWords = Uint32Array.from(
    { length: 4 },
    (_, i) => new DataView(salt.buffer, salt.byteOffset).getUint32(i * 4),
  );
  cipher.expand(key, saltWords);
  for (let i = 0; i < 2 ** cost; i++) {
    cipher.expand(key);
    cipher.expand(salt);
  }
  const text = new TextEncoder().encode("OrpheanBeholderScryDoubt");
  const words = Uint32Array.from(
    { length: 6 },
    (_, i) => new DataView(text.buffer).getUint32(i * 4),
  );
  for (let i = 0; i < 64; i++) for (let at = 0; at < 6; at += 2) cipher.encrypt(words, at);
  const hash = new Uint8Array(24);
  words.forEach((word, i) => new DataView(hash.buffer).setUint32(i * 4, word));
  const number = String(cost).padStart(2, "0");
  return `$2a$${number}$${encode(salt)}${encode(hash.subarray(0, 23))}`;
}

/** Base64 with an alphabet of its own, without padding. */
function encode(bytes: Uint8Array): string {
  let text = "", held = 0, bits = 0;
  for (const byte of bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) text += alphabet[held >> (bits - 6) & 63];
    held &= 255;
  }
  return bits > 0 ? text + alphabet[held << (6 - bits) & 63] : text;
}

function bcryptFunction([text, ...costs]: readonly Value[]): Value {
  if (costs.length > 1) throw new FunctionError("bcrypt() takes no more than two arguments");
  const fail = (why: string) => new FunctionError(`error occured generating password ${why}`);
  const asked = costs.length === 0 ? DEFAULT_COST : integerOf(costs[0]);
  const cost = asked < MIN_COST ? DEFAULT_COST : asked;
  if (cost > 31) {
    throw fail(`crypto/bcrypt: cost ${cost} is outside allowed inclusive range 4..31`);
  }
  if (cost > MAX_COST) throw fail(`fairlead refuses a cost above ${MAX_COST}: it takes minutes`);
  const password = new TextEncoder().encode(textOf(text));
  if (password.length > 72) throw fail("bcrypt: password length exceeds 72 bytes");
  return stringOf(bcrypt(password, cost, crypto.getRandomValues(new Uint8Array(16))));
}

export const functions: Functions = {
  bcrypt: define("str:string ...cost:number", bcryptFunction),
};
