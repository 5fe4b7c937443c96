/**
 * OpenSSH's known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"):
 *
 *     [@cert-authority|@revoked] NAMES TYPE BASE64 [COMMENT]
 *
 * NAMES are patterns joined by commas, `[host]:port` for a port other than 22, or one name hashed:
 * `|1|SALT|HMAC-SHA1(SALT, name)`. A line with `@cert-authority` holds the key of an authority that
 * signs hosts' certificates.
 */
import { maybe } from "../../../base/maybe.ts";
import { sameBytes } from "../../../base/bytes.ts";
import { keyType } from "../keys/public_key.ts";
import { matchesPatterns } from "../config/patterns.ts";

/** A known_hosts line that names the host. */
export interface KnownHost {
  readonly marker: "" | "cert-authority" | "revoked";
  /** `ssh-ed25519`, … */
  readonly type: string;
  /** The key in wire format. */
  readonly key: Uint8Array;
  readonly file: string;
  readonly line: number;
}

/** The result of comparing a host's key with known_hosts. */
type Verdict =
  | { readonly is: "known" }
  | { readonly is: "unknown" }
  /** known_hosts has another key of this type for the host. */
  | { readonly is: "changed"; readonly by: KnownHost }
  | { readonly is: "revoked"; readonly by: KnownHost }
  /** known_hosts has only an authority for the host. */
  | { readonly is: "certified"; readonly by: KnownHost };

/** The name of a host and port in known_hosts, in lower case. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** Reads the lines of a file that name a host. Unreadable lines are ignored. */
export async function readKnownHosts(
  text: string,
  file: string,
  name: string,
): Promise<KnownHost[]> {
  const found: KnownHost[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    // `trim` would also remove characters that OpenSSH counts as a part of the name.
    const fields = line.split(/[ \t\r]+/).filter(Boolean);
    const marker = fields[0]?.startsWith("@") ? fields.shift()!.slice(1) : "";
    const [names, type, base64] = fields;
    if (names === undefined || type === undefined || base64 === undefined) continue;
    if (names.startsWith("#") || !isMarker(marker)) continue;
    if (!await namesHost(names, name)) continue;
    const key = maybe(() => Uint8Array.fromBase64(base64));
    if (key !== undefined) found.push({ marker, type, key, file, line: index + 1 });
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
    // The brackets and the port are part of the name.
    return matchesPatterns(name, names.split(","));
  }
  const [, version, salt = "", hash = ""] = names.split("|");
  const [key, expected] = [salt, hash].map((text) => maybe(() => Uint8Array.fromBase64(text)));
  if (version !== "1" || !key?.length || expected === undefined) return false;
  return sameBytes(await hashOfName(name, key), expected);
}

/** Hashes a name for known_hosts. */
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
