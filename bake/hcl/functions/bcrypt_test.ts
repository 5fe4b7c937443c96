import { equal } from "node:assert/strict";
import { bcrypt } from "./bcrypt.ts";

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The 16 bytes that 22 letters of bcrypt's base64 stand for. */
function saltOf(text: string): Uint8Array {
  let bits = 0n;
  for (const letter of text) bits = bits << 6n | BigInt(alphabet.indexOf(letter));
  bits >>= 4n;
  return Uint8Array.from({ length: 16 }, (_, i) => Number(bits >> BigInt(120 - 8 * i) & 255n));
}

Deno.test("bcrypt gives the hashes that all others give", () => {
  const known: [string, string][] = [
    ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
    ["U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"],
    ["", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."],
  ];
  for (const [password, hash] of known) {
    const [, , cost, rest] = hash.split("$");
    const bytes = new TextEncoder().encode(password);
    equal(bcrypt(bytes, Number(cost), saltOf(rest!.slice(0, 22))), hash);
  }
});
