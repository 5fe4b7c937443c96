import { equal } from "node:assert/strict";
import { decodeBase64 } from "bcryptjs";
import { bcrypt } from "./bcrypt.ts";

Deno.test("bcrypt gives the hashes that all others give", () => {
  const known: [string, string][] = [
    ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
    ["U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"],
    ["", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."],
  ];
  for (const [password, hash] of known) {
    const [, , cost, rest] = hash.split("$");
    const salt = Uint8Array.from(decodeBase64(rest!.slice(0, 22), 16));
    equal(bcrypt(password, Number(cost), salt), hash);
  }
});
