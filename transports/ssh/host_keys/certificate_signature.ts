/** Verifies the signature in a host's certificate by ssh2. Signatures with SHA-1 are refused. */
import { parseSignature } from "./certificate.ts";
import { keyType, publicKeyLine } from "../keys/public_key.ts";
import type { Ssh2 } from "../ssh2.ts";

/** Whether a key, in wire format, made a signature. */
export type Verify = (key: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean;

const HASHES: Readonly<Record<string, string>> = {
  "rsa-sha2-256": "sha256",
  "rsa-sha2-512": "sha512",
};

export function verifier(ssh2: Ssh2): Verify {
  return (key, data, signature) => {
    const { algorithm, bytes } = parseSignature(signature);
    const type = keyType(key);
    const hash = HASHES[algorithm];
    if (type === "ssh-rsa" ? hash === undefined : algorithm !== type) return false;
    const parsed = ssh2.utils.parseKey(publicKeyLine(key));
    if (parsed instanceof Error || Array.isArray(parsed)) return false;
    return parsed.verify(data, bytes, hash) === true;
  };
}
