/**
 * The signatures of downloaded files, through the module that ships: bundles of an instance that
 * the test makes, good ones and ones that are forged in each part.
 */
import assert from "node:assert/strict";
import { makeAuthority } from "./sigstore/certificates.ts";
import {
  type Bundle,
  dockerBuilder,
  makeInstance,
  signedBundle,
  type SignOptions,
  statement,
  trustedRoot,
  workflow,
} from "./sigstore/instance.ts";
import { newKeys, sha256 } from "./sigstore/keys.ts";
import { startVerifier, type Verifier, verifyArtifact } from "./sigstore/verifier.ts";

const HOUR = 3600_000;
const identity = dockerBuilder("docker/example");
const checksum = `sha256:${(await sha256(new TextEncoder().encode("content"))).toHex()}`;

/** Verifies a bundle about the file. */
const verify = (verifier: Verifier, bundle: Uint8Array, changes = {}) =>
  verifyArtifact(verifier, checksum, bundle, changes);

/** Signs the file; Docker's builder does, unless the options name another identity. */
const signed = ({ instance }: Verifier, options: Partial<SignOptions> = {}) =>
  signedBundle(instance, statement(checksum), { identity, ...options });

Deno.test("a valid bundle gives buildx's fields", async (t) => {
  const verifier = await startVerifier();
  const { stamper } = verifier.instance;
  await t.step("with the log's time", async () => {
    const { error, signature } = verify(verifier, await signed(verifier));
    assert.equal(error, undefined);
    const { timestamps, ...rest } = signature!;
    assert.deepEqual(
      (timestamps as { type: string; uri: string }[]).map(({ type, uri }) => [type, uri]),
      [["Tlog", "https://log.test"]],
    );
    assert.deepEqual(rest, {
      kind: "docker-github-builder",
      type: "bundle-v0.3",
      signer: {
        certificateIssuer: "CN=sigstore-intermediate,O=sigstore.dev",
        subjectAlternativeName: identity.subject,
        issuer: "https://token.actions.githubusercontent.com",
        buildSignerURI: identity.subject,
        buildSignerDigest: "a".repeat(40),
        runnerEnvironment: "github-hosted",
        sourceRepositoryURI: "https://github.com/docker/example",
        sourceRepositoryDigest: "b".repeat(40),
        sourceRepositoryRef: "refs/tags/v1.0.0",
        sourceRepositoryIdentifier: "1001",
        sourceRepositoryOwnerURI: "https://github.com/docker",
        sourceRepositoryOwnerIdentifier: "1002",
        buildConfigURI: identity.extensions[18],
        buildConfigDigest: "c".repeat(40),
        buildTrigger: "push",
        runInvocationURI: identity.extensions[21],
        sourceRepositoryVisibilityAtSigning: "public",
      },
    });
  });
  await t.step("with an authority's timestamp besides", async () => {
    const bundle = await signed(verifier, { stampedBy: stamper });
    const { error, signature } = verify(verifier, bundle);
    assert.equal(error, undefined);
    assert.deepEqual(
      (signature!["timestamps"] as { type: string }[]).map(({ type }) => type).sort(),
      ["TimestampAuthority", "Tlog"],
    );
  });
  await t.step("with a timestamp instead of the log's promise", async () => {
    const bundle = await signed(verifier, { entry: { promised: false }, stampedBy: stamper });
    assert.equal(verify(verifier, bundle).error, undefined);
  });
  await t.step("packed, as GitHub stores it", async () => {
    const plain = await signed(verifier);
    assert.equal(verify(verifier, snappyLiterals(plain), { snappy: true }).error, undefined);
    assert.match(verify(verifier, plain, { snappy: true }).error ?? "", /snappy/);
    // The head claims more than a bundle may have.
    const bomb = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
    assert.match(verify(verifier, bomb, { snappy: true }).error ?? "", /larger than/);
  });
});

/** Snappy's block format without compression: the length, and literals of at most 60 bytes. */
function snappyLiterals(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let rest = bytes.length;
  for (; rest >= 0x80; rest >>= 7) out.push(rest & 0x7f | 0x80);
  out.push(rest);
  for (let at = 0; at < bytes.length; at += 60) {
    const part = bytes.subarray(at, at + 60);
    out.push((part.length - 1) << 2, ...part);
  }
  return new Uint8Array(out);
}

Deno.test("the kind of a signature follows its certificate", async () => {
  const verifier = await startVerifier();
  const changed = (extensions: Readonly<Record<number, string>>) => ({
    ...identity,
    extensions: { ...identity.extensions, ...extensions },
  });
  const kinds: [kind: string, identity: SignOptions["identity"]][] = [
    [
      "docker-github-builder",
      workflow("a/b", "docker/github-builder-experimental/.github/workflows/x.yml"),
    ],
    ["self-signed-github-repo", workflow("a/b", "a/b/.github/workflows/x.yml")],
    // Somebody else's workflow is neither Docker's nor the repository's own.
    ["self-signed", workflow("a/b", "c/d/.github/workflows/x.yml")],
    ["self-signed", workflow("a/b", "docker/github-builder/other/x.yml")],
    ["self-signed", changed({ 11: "self-hosted" })],
    ["self-signed", changed({ 8: "https://evil.test" })],
    // The extension names Docker's builder, and the certificate's subject does not.
    ["self-signed", { ...identity, subject: "https://evil.test/workflow" }],
    [
      "self-signed",
      { subject: "mailto:a@example.test", extensions: { 8: "https://accounts.example.test" } },
    ],
  ];
  for (const [kind, identity] of kinds) {
    const { error, signature } = verify(verifier, await signed(verifier, { identity }));
    assert.equal(error, undefined, kind);
    assert.equal(signature!["kind"], kind, JSON.stringify(identity));
  }
  const instance = await makeInstance("another-intermediate");
  const other = { ...verifier, instance, trusted: btoa(await trustedRoot(instance)) };
  assert.equal(verify(other, await signed(other)).signature?.["kind"], "untrusted");
});

Deno.test("a bundle that is forged in any part is rejected", async (t) => {
  const verifier = await startVerifier();
  const { instance } = verifier;
  const foreign = await makeInstance();
  const keys = await newKeys();
  const now = Date.now();
  const past = { from: new Date(now - 150 * HOUR), to: new Date(now - 149 * HOUR) };
  const around = { from: new Date(now - 50 * HOUR), to: new Date(now + 50 * HOUR) };
  const edit = (change: (bundle: Bundle) => unknown): Partial<SignOptions> => ({
    changeBundle(bundle) {
      change(bundle);
      return bundle;
    },
  });
  const flip = (text: string) => {
    const bytes = Uint8Array.fromBase64(text);
    bytes[bytes.length - 1]! ^= 1;
    return bytes.toBase64();
  };
  const other = statement(`sha256:${"0".repeat(64)}`);

  /** How a bundle about the file, or about another statement, is forged. */
  type Forgery = Partial<SignOptions> & { readonly about?: object };
  const forgeries: Readonly<Record<string, readonly [forgery: Forgery, why: RegExp]>> = {
    "signature by other keys": [{ signingKeys: keys }, /signature/],
    "signature changed": [
      edit(({ dsseEnvelope: { signatures: [first] } }) => first!.sig = flip(first!.sig)),
      /signature/,
    ],
    "statement changed after the signature": [
      {
        about: other,
        ...edit(({ dsseEnvelope }) =>
          dsseEnvelope.payload = btoa(JSON.stringify(statement(checksum)))
        ),
      },
      /hash|signature/,
    ],
    "payload of another type": [
      edit(({ dsseEnvelope }) => dsseEnvelope.payloadType = "application/json"),
      /type|signature/,
    ],
    "no signature": [edit(({ dsseEnvelope }) => dsseEnvelope.signatures = []), /signature/],
    "two signatures": [
      edit(({ dsseEnvelope: { signatures } }) => signatures.push(signatures[0]!)),
      /signature/,
    ],
    "certificate of another authority": [{ issuer: foreign.intermediate }, /certificate/],
    "certificate of an authority of the same name": [
      { issuer: await makeAuthority("sigstore-intermediate", around) },
      /certificate/,
    ],
    "certificate changed": [
      edit(({ verificationMaterial: { certificate } }) =>
        certificate.rawBytes = flip(certificate.rawBytes)
      ),
      /certificate|signature/,
    ],
    "certificate that no log has seen": [{ logged: false }, /timestamp|SCT/i],
    "certificate of another log": [
      { certificateLog: foreign.certificateLog },
      /timestamp|SCT|not found/i,
    ],
    "certificate before its authority's time": [{ validity: past }, /certificate/],
    "entry from before the certificate": [
      { entry: { moment: new Date(now - 2 * HOUR) } },
      /time/,
    ],
    "entry from after the certificate": [{ entry: { moment: new Date(now) } }, /time/],
    "promise by other keys": [{ entry: { promiseKeys: keys } }, /log/],
    "checkpoint by other keys": [{ entry: { checkpointKeys: keys } }, /checkpoint|signature/i],
    "entry of another log": [{ entry: { keys: foreign.log } }, /log/],
    "proof of another tree": [
      { entry: { neighbour: new Uint8Array(32) } },
      /root|inclusion|proof/i,
    ],
    "no entry": [
      edit(({ verificationMaterial }) => verificationMaterial.tlogEntries = []),
      /log|timestamp/,
    ],
    "the same entry twice": [
      edit(({ verificationMaterial: { tlogEntries } }) => tlogEntries.push(tlogEntries[0]!)),
      /duplicate/,
    ],
    "neither promise nor proof": [{ entry: { promised: false, proven: false } }, /inclusion/],
    "no time that anybody vouches for": [{ entry: { promised: false } }, /timestamp/],
    "entry about another signature": [
      editEntry(({ signatures: [first] }) => first!.signature = btoa("another signature")),
      /signature/,
    ],
    "entry about another certificate": [
      editEntry(({ signatures: [first] }) => first!.verifier = btoa("no certificate")),
      /certificate|PEM|key|verifier/i,
    ],
    "entry about another statement": [
      editEntry(({ payloadHash }) => payloadHash.value = "0".repeat(64)),
      /payload/,
    ],
    "timestamp of another authority": [
      { entry: { promised: false }, stampedBy: foreign.stamper },
      /timestamp/,
    ],
    "timestamp from after the certificate": [
      { entry: { promised: false }, stampedBy: instance.stamper, stampedAt: new Date(now) },
      /certificate|time/,
    ],
    "another file": [{ about: other }, /digest|subject|artifact/],
    "another kind of statement": [
      { about: statement(checksum, "https://spdx.dev/Document") },
      /predicate type/,
    ],
    "no statement": [{ about: { a: 1 } }, /./],
    "no bundle": [{ changeBundle: () => [] }, /./],
    "an unknown format": [
      edit((bundle) => bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=9"),
      /media ?type|version/i,
    ],
  };
  for (
    const [name, [{ about = statement(checksum), ...options }, why]] of Object.entries(forgeries)
  ) {
    await t.step(name, async () => {
      const bundle = await signedBundle(instance, about, { identity, ...options });
      const { error, signature } = verify(verifier, bundle);
      assert.equal(signature, undefined);
      assert.match(error ?? "", why);
    });
  }
  await t.step("no trusted root", async () => {
    const bundle = await signed(verifier);
    const error = (trusted: string) => verify({ ...verifier, trusted }, bundle).error ?? "";
    assert.match(error(""), /trusted root/);
    for (const root of ["{}", await trustedRoot(foreign)]) assert.notEqual(error(btoa(root)), "");
  });
  await t.step("random bytes are refused", () => {
    for (let round = 0; round < 50; round++) {
      const bytes = crypto.getRandomValues(new Uint8Array(round));
      assert.ok(verify(verifier, bytes).error);
      assert.ok(verify(verifier, bytes, { snappy: true }).error);
    }
  });
});

/** The part of a log's entry that tests change. */
interface Spec {
  payloadHash: { value: string };
  signatures: { signature: string; verifier: string }[];
}

function editEntry(change: (spec: Spec) => unknown): Partial<SignOptions> {
  return {
    changeBody(body) {
      const copy = structuredClone(body);
      change(copy["spec"] as Spec);
      return copy;
    },
  };
}
