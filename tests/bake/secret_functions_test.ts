/**
 * Functions whose results no table can hold: one run encrypts, and both ours and the peer decrypt.
 */
import { equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { constants, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { missing, need } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import { runOurs, runPeer } from "./runs.ts";
import { expressionsSample } from "./golden.ts";

Deno.test({ name: "bake: rsadecrypt", ignore: skip(await missing("buildx")) }, async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const padding = constants.RSA_PKCS1_PADDING;
  const secret = publicEncrypt({ key: publicKey, padding }, Buffer.from("geheim é"))
    .toString("base64");
  const call = (text: string) => `rsadecrypt("${text}", <<EOT\n${privateKey}EOT\n)`;
  const good = expressionsSample([call(secret)]);
  match(await runOurs(good), /geheim é/);
  equal(await runOurs(good), await runPeer(await need("buildx"), good));
  const bad = expressionsSample([call(secret.replace(/^..../, "AAAA"))]);
  match(
    await runOurs(bad),
    /Call to function "rsadecrypt" failed: crypto\/rsa: decryption error/,
  );
});
