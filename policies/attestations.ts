/**
 * The attestations of downloaded files: a bundle in the policy's folder, or those that GitHub
 * keeps, which the daemon fetches. Answers `artifact_attestation` and `github_attestation`.
 */
import { errorText } from "../base/error_text.ts";
import { fieldsOf, isObject, itemsOf } from "../base/json.ts";
import { maybe } from "../base/maybe.ts";
import type { EngineLog, Need } from "./engine.ts";
import { type PolicyFiles, readable } from "./policy.ts";
import type { Bundle, SignatureVerifier } from "./signatures.ts";
import type { SourceResolver } from "./source_resolver.ts";

/** The largest bundle, and the largest list of bundles, in bytes. */
const LONGEST = 8 << 20;
const PREDICATE_TYPE = "https://slsa.dev/provenance/v1";

/** Finds a valid signature of the file with a checksum; null for none. */
export function attestationFinder({ files, resolver, verifier, log }: {
  readonly files: PolicyFiles | undefined;
  readonly resolver: Pick<SourceResolver, "download">;
  readonly verifier: SignatureVerifier;
  readonly log: (line: EngineLog) => void;
}): (need: Need, checksum: string) => Promise<unknown> {
  return async ({ key, repository }, checksum) => {
    if (repository === undefined) {
      const bytes = await readable(files, key.replace(/^file /, ""), LONGEST);
      return bytes === undefined
        ? null
        : await verifier.ofFile(checksum, [{ bytes }], (why) =>
          log({ level: "debug", text: `artifact_attestation: failed verifying bundle: ${why}` }));
    }
    const say = (text: string) => log({ level: "info", text: `github_attestation: ${text}` });
    const what = `${repository}@${checksum}`;
    let bundles: readonly Bundle[];
    try {
      bundles = await githubBundles(repository, checksum, resolver, say);
    } catch (error) {
      say(`failed reading bundles for ${what}: ${errorText(error)}`);
      return null;
    }
    if (bundles.length === 0) say(`no bundle found for ${what}`);
    return await verifier.ofFile(
      checksum,
      bundles,
      (why) => say(`failed verifying bundle for ${what}: ${why}`),
    );
  };
}

/**
 * Asks GitHub for the attestations of a file
 * (https://docs.github.com/en/rest/repos/attestations#list-attestations).
 */
async function githubBundles(
  repository: string,
  checksum: string,
  resolver: Pick<SourceResolver, "download">,
  say: (text: string) => void,
): Promise<Bundle[]> {
  const url = `https://api.github.com/repos/${repository}/attestations/${checksum}` +
    `?predicate_type=${encodeURIComponent(PREDICATE_TYPE)}`;
  const answer = await resolver.download(url, {
    accept: "application/vnd.github+json",
    title: `[policy] fetch GitHub attestation ${repository}@${checksum}`,
    limit: LONGEST,
  });
  const attestations = attestationsOf(answer);
  const bundles: Bundle[] = attestations
    .filter(({ bundle }) => bundle !== undefined && bundle !== null)
    .map(({ bundle }) => ({ bytes: new TextEncoder().encode(JSON.stringify(bundle)) }));
  const urls = attestations.flatMap(({ bundle_url }) => bundle_url ? [bundle_url] : []);
  say(`fetched ${bundles.length} inline bundles and ${urls.length} bundle URLs from ${url}`);
  for (const url of urls) {
    // The query holds a signature that lets its reader download the file.
    const shown = url.replace(/\?.*$/s, "");
    try {
      const title = `[policy] fetch GitHub attestation bundle ${shown}`;
      const bytes = await resolver.download(url, { title, limit: LONGEST });
      if (bytes.length > 0) {
        bundles.push({ bytes, snappy: /^[^?#]*\.json\.sn(?:[?#]|$)/.test(url) });
      }
    } catch (error) {
      say(`failed fetching bundle_url ${shown}: ${errorText(error)}`);
    }
  }
  return bundles;
}

/** The list in GitHub's answer; empty if the answer has another shape. */
function attestationsOf(
  answer: Uint8Array,
): { readonly bundle?: unknown; readonly bundle_url?: string }[] {
  const { attestations } = fieldsOf(maybe(() => JSON.parse(new TextDecoder().decode(answer))));
  return itemsOf(attestations).filter(isObject).filter(({ bundle_url: url }) =>
    url === undefined || typeof url === "string"
  );
}
