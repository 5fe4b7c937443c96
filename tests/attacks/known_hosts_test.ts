/**
 * Edge cases of known_hosts and of revoked keys. A host is trusted only by a line that names it and
 * holds its key. No content of these files crashes or stalls the program.
 */
import assert from "node:assert/strict";
import {
  judge,
  knownHostName,
  readKnownHosts,
} from "../../transports/ssh/host_keys/known_hosts.ts";
import {
  certificateFault,
  type SshCertificate,
} from "../../transports/ssh/host_keys/certificate.ts";
import { isRevoked } from "../../transports/ssh/host_keys/revoked.ts";
import { stringsOf } from "../../transports/ssh/keys/wire.ts";

const keyOf = (fill: number) => stringsOf(["ssh-ed25519", new Uint8Array(32).fill(fill)]);
const [key, other] = [keyOf(1), keyOf(2)];
const [base64, otherBase64] = [key.toBase64(), other.toBase64()];
const rsa = stringsOf(["ssh-rsa", new Uint8Array([1, 0, 1]), new Uint8Array(256).fill(9)])
  .toBase64();

type Verdict = "known" | "unknown" | "changed" | "revoked" | "certified";

/** The file, the name that it is asked for, and the verdict on the host's key. */
const files: [title: string, file: string, expected: Verdict, name?: string][] = [
  ["an empty file", "", "unknown"],
  ["the line", `host ssh-ed25519 ${base64}`, "known"],
  ["the line in capitals", `HOST ssh-ed25519 ${base64}`, "known"],
  ["the line with CR", `host ssh-ed25519 ${base64}\r\n`, "known"],
  ["the line with tabs and a comment", `\t host\tssh-ed25519  ${base64} me@there # x`, "known"],
  ["the line behind a byte-order mark", `\ufeffhost ssh-ed25519 ${base64}`, "unknown"],
  ["another host", `host2 ssh-ed25519 ${base64}`, "unknown"],
  ["a part of the name", `hos ssh-ed25519 ${base64}`, "unknown"],
  ["a pattern", `h*t ssh-ed25519 ${base64}`, "known"],
  ["a pattern that is negated", `*,!host ssh-ed25519 ${base64}`, "unknown"],
  ["a negation alone", `!host ssh-ed25519 ${base64}`, "unknown"],
  ["the negation before the pattern", `!host,* ssh-ed25519 ${base64}`, "unknown"],
  ["a pattern like a regular expression", `h.s+t|(host) ssh-ed25519 ${base64}`, "unknown"],
  ["a list with empty names", `,,host,, ssh-ed25519 ${base64}`, "known"],
  ["an empty list", `, ssh-ed25519 ${base64}`, "unknown"],
  ["a comment", `# host ssh-ed25519 ${base64}`, "unknown"],
  ["a comment without a blank", `#host ssh-ed25519 ${base64}`, "unknown"],
  ["another key", `host ssh-ed25519 ${otherBase64}`, "changed"],
  [
    "another key, then this one",
    `host ssh-ed25519 ${otherBase64}\nhost ssh-ed25519 ${base64}`,
    "known",
  ],
  ["a key of another type", `host ssh-rsa ${rsa}`, "unknown"],
  ["this key under another type's name", `host ssh-rsa ${base64}`, "known"],
  ["no key", "host ssh-ed25519", "unknown"],
  ["a key that is no base64", "host ssh-ed25519 !!!!", "unknown"],
  ["a key of no bytes", "host ssh-ed25519 ====", "unknown"],
  ["a key of two bytes", "host ssh-ed25519 AAE=", "changed"],
  ["a key that is cut off", `host ssh-ed25519 ${base64.slice(0, 20)}`, "changed"],
  [
    "a key with more behind it",
    `host ssh-ed25519 ${Uint8Array.from([...key, 0]).toBase64()}`,
    "changed",
  ],
  ["a revoked key", `@revoked host ssh-ed25519 ${base64}`, "revoked"],
  [
    "a revoked key that is known, too",
    `host ssh-ed25519 ${base64}\n@revoked * ssh-ed25519 ${base64}`,
    "revoked",
  ],
  ["a revoked key of another host", `@revoked host2 ssh-ed25519 ${base64}`, "unknown"],
  ["an authority", `@cert-authority host ssh-ed25519 ${otherBase64}`, "certified"],
  ["the host's key as an authority", `@cert-authority host ssh-ed25519 ${base64}`, "certified"],
  ["an unknown marker", `@trusted host ssh-ed25519 ${base64}`, "unknown"],
  ["a marker in capitals", `@REVOKED host ssh-ed25519 ${base64}`, "unknown"],
  ["a marker alone", "@revoked", "unknown"],
  ["two markers", `@cert-authority @revoked host ssh-ed25519 ${base64}`, "unknown"],
  ["a hashed name of version 2", `|2|AAAA|AAAA ssh-ed25519 ${base64}`, "unknown"],
  ["a hashed name that is empty", `|1|| ssh-ed25519 ${base64}`, "unknown"],
  ["a hashed name of no base64", `|1|!|! ssh-ed25519 ${base64}`, "unknown"],
  ["a hashed name and another one", `|1|AAAA|AAAA,host ssh-ed25519 ${base64}`, "unknown"],
  [
    "the host without its port",
    `host ssh-ed25519 ${base64}`,
    "unknown",
    knownHostName("host", 2222),
  ],
  [
    "the host with its port",
    `[host]:2222 ssh-ed25519 ${base64}`,
    "known",
    knownHostName("host", 2222),
  ],
  ["brackets that are no pattern", `[h]ost ssh-ed25519 ${base64}`, "unknown"],
  ["the host with port 22 in brackets", `[host]:22 ssh-ed25519 ${base64}`, "unknown"],
  ["zeros", "\0".repeat(1000), "unknown"],
  ["a line of 1 MB", "x".repeat(1_000_000), "unknown"],
  ["a list of 1 MB", `${"a,".repeat(500_000)}host ssh-ed25519 ${base64}`, "known"],
  ["stars without an end", `${"*".repeat(10_000)}x ssh-ed25519 ${base64}`, "unknown"],
  [
    "stars and letters without an end",
    `${"*a".repeat(5000)} ssh-ed25519 ${base64}`,
    "unknown",
    "a".repeat(250),
  ],
  ["question marks and stars", `${"*?".repeat(5000)} ssh-ed25519 ${base64}`, "unknown"],
  ["100,000 lines", `host2 ssh-ed25519 ${otherBase64}\n`.repeat(100_000), "unknown"],
  ["blanks without an end", `host${" ".repeat(1_000_000)}`, "unknown"],
];
for (const [title, file, expected, name = "host"] of files) {
  Deno.test(`attack: known_hosts, ${title}: ${expected}`, async () => {
    assert.equal(judge(key, await readKnownHosts(file, "known_hosts", name)).is, expected);
  });
}

/** The list, and whether it revokes the key; an error means that no host is trusted. */
const KRL = [
  ...new TextEncoder().encode("SSHKRL\n\0"),
  0,
  0,
  0,
  1,
  ...new Array(24).fill(0),
  ...new Array(8).fill(0),
];
const section = (type: number, data: Uint8Array | number[]) =>
  Uint8Array.from([...KRL, type, ...stringsOf([Uint8Array.from(data)])]);
const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", key));
const lists: [title: string, list: Uint8Array, expected: boolean | "error"][] = [
  ["an empty file", new Uint8Array(), false],
  ["the key", new TextEncoder().encode(`ssh-ed25519 ${base64} me\n`), true],
  ["another key", new TextEncoder().encode(`ssh-ed25519 ${otherBase64}\n`), false],
  ["garbage", new TextEncoder().encode("garbage\n\0\xff"), false],
  ["a KRL of nothing", Uint8Array.from(KRL), false],
  ["a KRL's magic alone", Uint8Array.from(KRL.slice(0, 8)), "error"],
  [
    "a KRL of another format",
    Uint8Array.from([...KRL.slice(0, 8), 0, 0, 0, 9, ...KRL.slice(12)]),
    "error",
  ],
  ["a KRL of the key", section(2, stringsOf([key])), true],
  ["a KRL of another key", section(2, stringsOf([other])), false],
  ["a KRL of the key's hash", section(5, stringsOf([sha256])), true],
  ["a KRL of half a hash", section(5, stringsOf([sha256.subarray(0, 16)])), false],
  ["a KRL of an unknown section", section(99, []), "error"],
  ["a KRL whose section is cut off", section(2, stringsOf([key])).subarray(0, -1), "error"],
  ["a KRL whose section says 4 GiB", Uint8Array.from([...KRL, 2, 255, 255, 255, 255]), "error"],
  ["a KRL whose key says 4 GiB", section(2, [255, 255, 255, 255]), "error"],
  ["a KRL of 100,000 keys", section(2, stringsOf(new Array(100_000).fill(other))), false],
];
for (const [title, list, expected] of lists) {
  Deno.test(`attack: revoked keys, ${title}: ${expected}`, async () => {
    const verdict = await isRevoked(key, list).catch(() => "error" as const);
    assert.equal(verdict, expected);
  });
}

Deno.test("attack: a host's certificate whose principals are stars without an end", () => {
  const certificate = {
    isHosts: true,
    critical: false,
    principals: ["*a".repeat(5000), "?*".repeat(5000), `${"*".repeat(10_000)}x`],
    from: 0n,
    until: 1n << 62n,
  } as unknown as SshCertificate;
  assert.match(certificateFault(certificate, "a".repeat(250), Date.now())!, /^it is for /);
});

/** A host may present any bytes. */
for (const shown of [[], [0], [0, 0, 0], [255, 255, 255, 255], [0, 0, 0, 4, 1], [0, 0, 0, 0]]) {
  Deno.test(`attack: known_hosts, a host that shows the bytes ${shown}`, async () => {
    const bytes = Uint8Array.from(shown);
    const known = await readKnownHosts(`host ssh-ed25519 ${base64}`, "known_hosts", "host");
    assert.notEqual(judge(bytes, known).is, "known");
    assert.equal(await isRevoked(bytes, new TextEncoder().encode(`ssh-ed25519 ${base64}`)), false);
  });
}
