/** `rsadecrypt()`, with a key of PKCS #1. It is loaded only when a definition calls it. */
import { constants, createPrivateKey, privateDecrypt } from "node:crypto";
import { Buffer } from "node:buffer";
import { FunctionError } from "../function.ts";
import { quote } from "../../../base/go/quote.ts";
import { stringOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, textIn } from "./define.ts";
import { decodeBase64 } from "./names.ts";

function rsadecrypt([ciphertext, privateKey]: Args): Value {
  const secret = textIn(ciphertext), key = textIn(privateKey);
  const failure = `failed to decode input ${quote(secret)}: cipher text must be base64-encoded`;
  const bytes = decodeBase64(secret, failure);
  const begin = /-----BEGIN ([^-]+)-----/.exec(key)?.[1];
  if (begin === undefined) throw new FunctionError("failed to parse key: no key found");
  if (/^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    throw new FunctionError(
      "failed to parse key: password protected keys are not supported. Please decrypt the key prior " +
        "to use",
    );
  }
  try {
    const padding = constants.RSA_PKCS1_PADDING;
    const plain = privateDecrypt({ key: createPrivateKey(key), padding }, Buffer.from(bytes));
    return stringOf(new TextDecoder().decode(plain));
  } catch {
    throw new FunctionError("crypto/rsa: decryption error");
  }
}

export const functions: Functions = {
  rsadecrypt: define("ciphertext:string privatekey:string", rsadecrypt),
};
