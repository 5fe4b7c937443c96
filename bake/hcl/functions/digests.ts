/** Functions of hashes and UUIDs. They are loaded only when called: `node:crypto` loads slowly. */
import { createHash } from "node:crypto";
import { type Func, FunctionError } from "../function.ts";
import { stringOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, textIn } from "./define.ts";

function digest(algorithm: string): Func {
  return define(
    "str:string",
    ([text]) => stringOf(createHash(algorithm).update(textIn(text)).digest("hex")),
  );
}

const namespaces: Record<string, string> = {
  dns: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  url: "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
  oid: "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
  x500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
};

const UUID_FORMS =
  /^(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

function uuidv5([namespace, name]: Args): Value {
  const given = textIn(namespace);
  const id = Object.hasOwn(namespaces, given) ? namespaces[given]! : given;
  const found = UUID_FORMS.exec(id);
  if (found === null) {
    const why = [36, 45, 38, 32].includes(given.length)
      ? "invalid UUID format"
      : `invalid UUID length: ${given.length}`;
    throw new FunctionError(`uuidv5() doesn't support namespace ${given} (${why})`);
  }
  const hash = createHash("sha1").update(found.slice(1).join(""), "hex").update(textIn(name))
    .digest();
  hash[6] = hash[6]! & 0x0f | 0x50;
  hash[8] = hash[8]! & 0x3f | 0x80;
  const hex = hash.toString("hex").slice(0, 32);
  return stringOf(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
}

export const functions: Functions = {
  md5: digest("md5"),
  sha1: digest("sha1"),
  sha256: digest("sha256"),
  sha512: digest("sha512"),
  uuidv4: define("", () => stringOf(crypto.randomUUID())),
  uuidv5: define("namespace:string name:string", uuidv5),
};
