import { strictEqual, throws } from "node:assert";
import { validateName } from "./name.ts";

Deno.test("validateName() takes what a file can be called, in lower case", () => {
  strictEqual(validateName("Far.1_x-y"), "far.1_x-y");
  strictEqual(validateName("a".repeat(200)).length, 200);
  for (const bad of ["", "1x", "a b", "ä", "a/b"]) {
    throws(() => validateName(bad), /^BuilderError: invalid name/);
  }
  throws(() => validateName("a".repeat(400)), /400 characters are too many for a file, 200 is/);
});
