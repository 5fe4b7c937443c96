/**
 * OpenSSH's known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"):
 *
 *     [@cert-authority|@revoked] NAMES TYPE BASE64 [COMMENT]
 *
 * NAMES are patterns joined by commas, `[host]:port` for a port other than 22, or one name hashed:
 * `|1|SALT|HMAC-SHA1(SALT, name)`. A line of `@cert-authority` holds no host's key, but that of an
 * authority that signs hosts' certificates.
 */
import { sameBytes } from "../../base/bytes.ts";
import { keyType } from "./keys/public_key.ts";
import { matchesPatterns } from "./patterns.ts";

/** A line that names the host. */
export interface KnownHost {
  readonly marker: "" | "cert-authority" | "revoked";
  /** `ssh-ed25519`, … */
  readonly type: string;
  /** The key as it is on the wire. */
  readonly key: Uint8Array;
  readonly file: string;
  readonly line: number;
}

/** What is to be thought of a key that a host shows. */
export type Verdict =
  | { readonly is: "known" }
  | { readonly is: "unknown" }
  /** The host is known by another key of this type. */
  | { readonly is: "changed"; readonly by: KnownHost }
  | { readonly is: "revoked"; readonly by: KnownHost }
  /** The host is known by its authority alone. */
  | { readonly is: "certified"; readonly by: KnownHost };

/** The name that known_hosts has for a host and port; lower case. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** The lines of a file that name a host. Lines that can't be read are passed over. */
export async function readKnownHosts(
  text: string,
  file: string,
  name: string,
): Promise<KnownHost[]> {
  const found: KnownHost[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    // Not `trim`, which would also take what OpenSSH takes for a part of the name.
    const fields = line.split(/[ \t\r]+/).filter(Boolean);
    const marker = fields[0]?.startsWith("@") ? fields.shift()!.slice(1) : "";
    const [names, type, base64] = fields;
    if (names === undefined || type === undefined || base64 === undefined) continue;
    if (names.startsWith("#") || !isMarker(marker)) continue;
    if (!await namesHost(names, name)) continue;
    try {
      const key = Uint8Array.fromBase64(base64);
      found.push({ marker, type, key, file, line: index + 1 });
    } catch {
      // No key stands there.
    }
  }
  return found;
}

/** Judges a key by the lines that name its host. */
export function judge(key: Uint8Array, known: readonly KnownHost[]): Verdict {
  const type = keyType(key);
  const same = (line: KnownHost) => sameBytes(line.key, key);
  const revoked = known.find((line) => line.marker === "revoked" && same(line));
  if (revoked !== undefined) return { is: "revoked", by: revoked };
  const plain = known.filter((line) => line.marker === "");
  if (plain.some(same)) return { is: "known" };
  const other = plain.find((line) => line.type === type);
  if (other !== undefined) return { is: "changed", by: other };
  const authority = known.find((line) => line.marker === "cert-authority");
  return authority === undefined ? { is: "unknown" } : { is: "certified", by: authority };
}

async function namesHost(names: string, name: string): Promise<boolean> {
  if (!names.startsWith("|")) {
    // Brackets and the port belong to the name, not to the pattern.
    return matchesPatterns(name, names.split(","));
  }
  const [, version, salt = "", hash = ""] = names.split("|");
  if (version !== "1") return false;
  try {
    const made = await hashOfName(name, Uint8Array.fromBase64(salt));
    return sameBytes(made, Uint8Array.fromBase64(hash));
  } catch {
    return false;
  }
}

/** What stands for a name that is not to be read. */
export async function hashOfName(
  name: string,
  salt: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const usage = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", salt, usage, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(name)));
}

function isMarker(text: string): text is KnownHost["marker"] {
  return text === "" || text === "cert-authority" || text === "revoked";
}
