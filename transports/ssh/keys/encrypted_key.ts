/**
 * Opens files of private keys that a passphrase protects. OpenSSH's format is opened by ssh2, PEM by
 * node's crypto. Both are loaded for this alone.
 */

/** The same key as PEM in the clear; undefined for a wrong passphrase. */
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
      throw new Error("its cipher is not known here; ssh-keygen -p -Z aes256-ctr changes it");
    }
    // The last is what ssh2 says of a wrong passphrase where the cipher authenticates.
    const isLocked = /passphrase|unable to authenticate data/i.test(found.message);
    if (isLocked) return undefined;
    throw found;
  }
  const pem = found?.getPrivatePEM();
  if (!pem) throw new Error("it holds no key");
  return pem;
}

async function pemKey(text: string, passphrase: string): Promise<string | undefined> {
  const { createPrivateKey } = await import("node:crypto");
  try {
    const key = createPrivateKey({ key: text, format: "pem", passphrase });
    return String(key.export({ format: "pem", type: "pkcs8" }));
  } catch {
    // Node doesn't tell a wrong passphrase from a cipher that it doesn't know.
    return undefined;
  }
}
