/** GitHub's answers come from the test: its servers can't be reached from there. */
import assert from "node:assert/strict";
import { attestationFinder } from "./attestations.ts";
import type { Bundle, SignatureVerifier } from "./signatures.ts";
import type { DownloadOptions } from "./source_resolver.ts";

const checksum = `sha256:${"1".repeat(64)}`;
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A finder over answers by URL, and what it downloaded, verified and logged. */
function finder(answers: Readonly<Record<string, Uint8Array>>, valid = "good") {
  const asked: [url: string, accept: string | undefined][] = [];
  const lines: string[] = [];
  const seen: Bundle[] = [];
  const verifier: SignatureVerifier = {
    ofImage: () => Promise.resolve([]),
    ofFile(_checksum, bundles, failed) {
      for (const bundle of bundles) {
        seen.push(bundle);
        if (new TextDecoder().decode(bundle.bytes).includes(valid)) {
          return Promise.resolve({ kind: "self-signed" });
        }
        failed("forged");
      }
      return Promise.resolve(null);
    },
  };
  const resolver = {
    download(url: string, { accept }: DownloadOptions) {
      asked.push([url, accept]);
      const answer = answers[url];
      return answer ? Promise.resolve(answer) : Promise.reject(new Error("404 Not Found"));
    },
  };
  const log = ({ text }: { text: string }) => lines.push(text);
  return {
    find: attestationFinder({ files: undefined, resolver, verifier, log }),
    asked,
    lines,
    seen,
  };
}

const need = { kind: "attestation", key: "github a/b", repository: "a/b" } as const;
const url = `https://api.github.com/repos/a/b/attestations/${checksum}` +
  "?predicate_type=https%3A%2F%2Fslsa.dev%2Fprovenance%2Fv1";

Deno.test("GitHub's attestations are fetched by the daemon, and the first valid one counts", async () => {
  const far = "https://blobs.test/x.json.sn?secret=1";
  const { find, asked, lines, seen } = finder({
    [url]: text({
      attestations: [
        { bundle: { name: "forged" } },
        { bundle: null, bundle_url: far },
        { bundle_url: "https://blobs.test/gone?secret=2" },
      ],
    }),
    [far]: text("good"),
  });
  assert.deepEqual(await find(need, checksum), { kind: "self-signed" });
  assert.deepEqual(asked[0], [url, "application/vnd.github+json"]);
  assert.deepEqual(seen.map(({ snappy = false }) => snappy), [false, true]);
  assert.ok(!lines.some((line) => line.includes("secret")), lines.join("\n"));
  assert.ok(
    lines.some((line) => line.includes("failed fetching bundle_url https://blobs.test/gone")),
  );
});

Deno.test("no attestation, an unknown answer, and a failure are no signature", async () => {
  for (
    const answer of [
      text({ attestations: [] }),
      text({ attestations: [null, 1, { bundle_url: 1 }] }),
      text([]),
      text(null),
      new TextEncoder().encode("<html>"),
    ]
  ) assert.equal(await finder({ [url]: answer }).find(need, checksum), null);
  const { find, lines } = finder({});
  assert.equal(await find(need, checksum), null);
  assert.deepEqual(lines, [
    `github_attestation: failed reading bundles for a/b@${checksum}: 404 Not Found`,
  ]);
});

Deno.test("a bundle lies in the policy's folder", async () => {
  const { find } = finder({});
  assert.equal(await find({ kind: "attestation", key: "file x.json" }, checksum), null);
});
