/** Reads certificates and keys from files, for `certs check`. Loads node's crypto. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { osReason } from "../../base/os_reason.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Reads the certificates of a PEM file, the file's own first. Throws an Error with the reason. */
export function readCertificates(path: string): X509Certificate[] {
  const text = readText(path);
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) {
    throw new Error(
      text.includes("PRIVATE KEY-----")
        ? "it contains a private key but no certificate"
        : "it contains no PEM certificate",
    );
  }
  return found.map((pem, at) => {
    try {
      return new X509Certificate(pem);
    } catch (error) {
      throw new Error(`certificate ${at + 1} in it is damaged: ${(error as Error).message}`);
    }
  });
}

/** Reads a private key. Throws an Error with the reason. */
export function readKey(path: string): KeyObject {
  const text = readText(path);
  if (!text.includes("PRIVATE KEY-----")) throw new Error("it contains no PEM private key");
  if (text.includes("ENCRYPTED")) throw new Error("it is encrypted, which buildkitd can't read");
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw new Error(`it is damaged: ${(error as Error).message}`);
  }
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(osReason(error));
  }
}
