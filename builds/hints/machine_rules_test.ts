import { equal } from "node:assert/strict";
import { MACHINE_RULES } from "./machine_rules.ts";

/**
 * Messages as BuildKit v0.32 and Go's network library write them, and the beginning of each hint.
 */
const CASES: readonly (readonly [string, string])[] = [
  [
    'failed to do request: Head "https://r.test/v2/x/manifests/1": tls: failed to verify certificate: ' +
    "x509: certificate signed by unknown authority",
    "the builder does not trust the certificate of r.test: add ca",
  ],
  [
    'failed to do request: Head "https://r.test:5000/v2/x/manifests/1": http: server gave HTTP ' +
    "response to HTTPS client",
    "r.test:5000 has no TLS: add http = true",
  ],
  [
    'failed to do request: Head "https://r.test/v2/": dial tcp 192.0.2.1:443: i/o timeout',
    "the builder, not this machine, can't reach 192.0.2.1:443",
  ],
  [
    'Head "https://r.test/v2/": dial tcp 192.0.2.1:443: connect: network is unreachable',
    "the builder, not this machine, can't reach 192.0.2.1:443",
  ],
  [
    "failed to copy: httpReadSeeker: failed open: unexpected status code " +
    "https://registry-1.docker.io/v2/library/x/manifests/1: 429 Too Many Requests",
    "the registry limits requests",
  ],
  [
    "r.test/team/app: failed to resolve source metadata for r.test/team/app:1: pull access denied, " +
    "repository does not exist or may require authorization",
    "check the image's name; a private image, and a push, need a login on this machine: docker login r.test",
  ],
  [
    'failed to push r.test/app:1: unexpected status from HEAD request to "https://r.test/v2/": 401 ' +
    "Unauthorized",
    "check the image's name; a private image, and a push, need a login on this machine: docker login r.test",
  ],
  [
    "failed to copy files: write /var/lib/buildkit/x: no space left on device",
    "the disk of the builder's machine is full",
  ],
  ['cannot write "/home/me/out/x": no space left on device', ""],
  ["something else", ""],
];

Deno.test("failures between the builder and registries, and of its machine, have hints", () => {
  for (const [message, wanted] of CASES) {
    const hint = MACHINE_RULES.flatMap(([pattern, rule]) => {
      const match = pattern.exec(message);
      return match === null ? [] : [rule(match) ?? ""];
    })[0] ?? "";
    equal(hint.slice(0, wanted.length || undefined), wanted, message);
  }
});
