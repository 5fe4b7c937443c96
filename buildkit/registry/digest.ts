/**
 * Content digests: `ALGORITHM:HEX`
 * (https://github.com/opencontainers/image-spec/blob/main/descriptor.md).
 */

/** The number of hex digits of each known algorithm. */
const digits: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Names the problem of a digest in go-digest's words; undefined for a good one. */
export function digestProblem(text: string): string | undefined {
  const colon = text.indexOf(":");
  if (colon <= 0 || colon === text.length - 1) return "invalid checksum digest format";
  const [algorithm, hex] = [text.slice(0, colon), text.slice(colon + 1)];
  const wanted = Object.hasOwn(digits, algorithm) ? digits[algorithm] : undefined;
  if (wanted === undefined) {
    const wellFormed = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*$/.test(algorithm);
    return wellFormed && /^[a-zA-Z0-9=_-]+$/.test(hex)
      ? "unsupported digest algorithm"
      : "invalid checksum digest format";
  }
  if (hex.length !== wanted) return "invalid checksum digest length";
  return /^[0-9a-f]+$/.test(hex) ? undefined : "invalid checksum digest format";
}

/** Gives the `sha256:…` of bytes. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
  return `sha256:${sum.toHex()}`;
}

/** Starts a digest of a stream. Loads node's crypto, since WebCrypto takes no stream. */
export async function beginDigest(algorithm: string): Promise<{
  update(bytes: Uint8Array): void;
  /** Gives `ALGORITHM:HEX`; nothing may be added afterwards. */
  end(): string;
}> {
  const { createHash } = await import("node:crypto");
  const hash = createHash(algorithm);
  return {
    update: (bytes) => void hash.update(bytes),
    end: () => `${algorithm}:${hash.digest("hex")}`,
  };
}
