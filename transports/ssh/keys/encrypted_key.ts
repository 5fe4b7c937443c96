/**
 * Decrypts private key files with a passphrase: ssh2 reads OpenSSH's format, node's crypto reads
 * PEM. Both are loaded only for this.
 */

/** Returns the key as unencrypted PEM; undefined for a wrong passphrase. */
export async function decryptedKey(text: string, passphrase: string): Promise<string | undefined> {
  return text.includes("-----BEGIN OPENSSH PRIVATE KEY-----")
    ? await opensshKey(text, passphrase)
    : await pemKey(text, passphrase);
}

async function opensshKey(text: string, passphrase: string): Promise<string | undefined> {
  const { utils } = await (await import("../ssh2.ts")).loadSsh2();
  const parsed = utils.parseKey(text, passphrase);
  const found = Array.isArray(parsed) ? parsed[0] : parsed;
  if (found instanceof Error) {
    if (/Invalid key length/.test(found.message)) {
      throw new Error(
        "fairlead doesn't support its cipher; ssh-keygen -p -Z aes256-ctr changes it",
      );
    }
    // ssh2 gives the second message for a wrong passphrase where the cipher authenticates.
    const isLocked = /passphrase|unable to authenticate data/i.test(found.message);
    if (isLocked) return undefined;
    throw found;
  }
  const pem = found?.getPrivatePEM();
  if (!pem) throw new Error("it contains no key");
  return pem;
}

async function pemKey(text: string, passphrase: string): Promise<string | undefined> {
  const { createPrivateKey } = await import("node:crypto");
  try {
    const key = createPrivateKey({ key: text, format: "pem", passphrase });
    return String(key.export({ format: "pem", type: "pkcs8" }));
  } catch {
    // Node gives the same error for a wrong passphrase and for an unknown cipher.
    return undefined;
  }
}
