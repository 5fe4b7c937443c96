/**
 * The signatures of images, through the module that ships: attestation chains as the daemon
 * collects them, good ones and ones that are forged in each part.
 */
import assert from "node:assert/strict";
import { signatures } from "../../scripts/policy/engine.ts";
import { builtModule } from "../../scripts/policy/go_module.ts";
import { type ImageOptions, MEDIA_TYPE, signedImage } from "./sigstore/image.ts";
import { dockerBuilder, publicKeyPem, workflow } from "./sigstore/instance.ts";
import { newKeys } from "./sigstore/keys.ts";
import { startVerifier, type Verifier, verifyImage } from "./sigstore/verifier.ts";

const identity = dockerBuilder("docker/example");

/** Verifies an image that Docker's builder signed, unless the options name another identity. */
async function check(verifier: Verifier, options: Partial<ImageOptions> = {}, changes = {}) {
  const image = await signedImage(verifier.instance, { identity, ...options });
  return verifyImage(verifier, image, changes);
}

Deno.test("the signatures of images are verified", async (t) => {
  const verifier = await startVerifier();
  await t.step("a bundle", async () => {
    const { error, signature } = await check(verifier);
    assert.equal(error, undefined);
    assert.equal(signature!["kind"], "docker-github-builder");
    assert.equal(signature!["type"], "bundle-v0.3");
    assert.equal(signature!["dockerReference"], undefined);
  });
  for (const form of ["cosign", "old cosign"] as const) {
    await t.step(`a simple signature of ${form}`, async () => {
      const self = workflow("a/b", "a/b/.github/workflows/x.yml");
      const { error, signature } = await check(verifier, { identity: self, form });
      assert.equal(error, undefined);
      assert.equal(signature!["kind"], "self-signed-github-repo");
      assert.equal(signature!["type"], "simplesigning-v1");
      assert.equal(signature!["dockerReference"], "registry.test/image");
      // Docker's builder makes bundles only.
      assert.equal((await check(verifier, { form })).signature!["kind"], "self-signed");
    });
  }
  const keys = await newKeys();
  const other = `sha256:${"0".repeat(64)}`;
  const form = "cosign";
  const forgeries: Readonly<Record<string, readonly [Partial<ImageOptions>, why: RegExp]>> = {
    "bundle by other keys": [{ signingKeys: keys }, /signature/],
    "bundle about another manifest": [{ signed: other }, /digest|artifact|subject/],
    "bundle whose manifest says another type": [
      { changeSignature: (manifest) => manifest.artifactType = "application/json" },
      /^$/,
    ],
    "signature about another subject": [
      { changeSignature: ({ subject }) => subject!.digest = other },
      /subject digest/,
    ],
    "signature about a subject of another size": [
      { changeSignature: ({ subject }) => subject!.size++ },
      /size/,
    ],
    "signature without a subject": [
      { changeSignature: (manifest) => delete manifest.subject },
      /no subject/,
    ],
    "signature about no manifest": [
      { changeSignature: ({ subject }) => subject!.mediaType = MEDIA_TYPE.config },
      /media type/,
    ],
    "signature without layers": [
      { changeSignature: (manifest) => manifest.layers = [] },
      /layers/,
    ],
    "signature of an unknown type": [
      { changeSignature: ({ layers }) => layers[0]!.mediaType = "text/plain" },
      /media type/,
    ],
    "attestation about another image": [
      { changeAttestation: ({ subject }) => subject!.digest = other },
      /subject digest/,
    ],
    "attestation about an image of another size": [
      { changeAttestation: ({ subject }) => subject!.size++ },
      /size/,
    ],
    "attestation without a subject": [
      { changeAttestation: (manifest) => delete manifest.subject },
      /no subject/,
    ],
    "attestation without a provenance": [
      {
        changeAttestation: ({ layers: [first] }) =>
          first!.annotations = { "in-toto.io/predicate-type": "https://spdx.dev/Document" },
      },
      /no SLSA provenance/,
    ],
    "simple signature by other keys": [{ form, signingKeys: keys }, /signature/],
    "simple signature about another manifest": [{ form, signed: other }, /docker-manifest-digest/],
    "simple signature of another kind": [{ form, changePayload: ofOtherKind }, /invalid type/],
    "simple signature without a certificate": [
      { form, changeSignature: without("dev.sigstore.cosign/certificate") },
      /certificate/,
    ],
    "simple signature without the log's proof": [
      { form, changeSignature: without("dev.sigstore.cosign/bundle") },
      /log|timestamp/,
    ],
    "simple signature with a promise by other keys": [
      { form, entry: { promiseKeys: keys } },
      /log/,
    ],
    "simple signature that no certificate log has seen": [
      { form, logged: false },
      /SCT|timestamp/i,
    ],
    "hardened image that Docker's key has not signed": [
      {
        form,
        changeIndex(index) {
          index.annotations = { "org.opencontainers.image.title": "dhi/golang" };
          for (const one of index.manifests) {
            one.annotations = { ...one.annotations, "com.docker.dhi.build.id": "1" };
          }
        },
      },
      /./,
    ],
  };
  for (const [name, [options, why]] of Object.entries(forgeries)) {
    await t.step(`forged: ${name}`, async () => {
      const { error, signature } = await check(verifier, options);
      assert.equal(signature, undefined);
      assert.match(error ?? "", why);
    });
  }
  await t.step("an image without a signature", async () => {
    const cases: [options: Partial<ImageOptions>, changes: object][] = [
      [{}, { signatureManifests: [] }],
      [{}, { attestationManifest: "" }],
      [{}, { root: "" }],
      [{ changeIndex: (index) => index.manifests.pop() }, {}],
    ];
    for (const [options, changes] of cases) {
      const { error, signature, unsigned } = await check(verifier, options, changes);
      assert.equal(signature, undefined);
      assert.ok(unsigned, error ?? "");
    }
  });
  await t.step("a chain that a daemon has changed", async () => {
    const image = await signedImage(verifier.instance, { identity });
    const { blobs } = image;
    const signatureOf = (changed: typeof blobs, changes = {}) =>
      verifyImage(verifier, { ...image, blobs: changed }, changes).signature;
    for (const name of ["root", "attestation", "signature"] as const) {
      const digest = image[name];
      const without = new Map(blobs);
      without.delete(digest);
      assert.equal(signatureOf(without), undefined);
      const { mediaType, bytes } = blobs.get(digest)!;
      const longer = new Uint8Array([...bytes, 0x20]);
      const changed = new Map(blobs).set(digest, { mediaType, bytes: longer });
      const { error, signature } = verifyImage(verifier, { ...image, blobs: changed });
      assert.equal(signature, undefined);
      assert.ok(error);
    }
    assert.equal(signatureOf(blobs, { attestationManifest: image.image }), undefined);
    const platform = { os: "linux", architecture: "s390x" };
    assert.equal(signatureOf(blobs, { platform }), undefined);
  });
});

const ofOtherKind: Required<ImageOptions>["changePayload"] = ({ critical }) => ({
  critical: { ...critical, type: "other" },
});

function without(annotation: string): Required<ImageOptions>["changeSignature"] {
  return ({ layers }) => delete layers[0]!.annotations![annotation];
}

Deno.test("the signatures of Docker Hardened Images are verified", async (t) => {
  const keys = await newKeys();
  // Only Docker has the private key of the module that ships.
  const folder = await Deno.makeTempDir({ prefix: "fairlead-hardened-" });
  let verifier: Verifier;
  try {
    const path = await builtModule({
      ...signatures,
      async patch(vendor) {
        await signatures.patch(vendor);
        await Deno.writeTextFile(
          `${vendor}/github.com/moby/policy-helpers/roots/dhi/dhi.pub`,
          publicKeyPem(keys),
        );
      },
    }, folder);
    verifier = await startVerifier(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const hardened = { form: "cosign", hardenedBy: keys } as const;
  for (const inLog of [false, true]) {
    await t.step(inLog ? "in the log" : "outside of the log", async () => {
      const { error, signature } = await check(verifier, { ...hardened, inLog });
      assert.equal(error, undefined);
      const { timestamps = [], ...rest } = signature!;
      assert.deepEqual(rest, {
        kind: "docker-hardened-image",
        type: "simplesigning-v1",
        dockerReference: "registry.test/image",
        isDHI: true,
      });
      assert.equal((timestamps as unknown[]).length, inLog ? 1 : 0);
    });
  }
  const other = await newKeys();
  const forgeries: Readonly<Record<string, readonly [Partial<ImageOptions>, why: RegExp]>> = {
    "by other keys": [{ hardenedBy: other }, /invalid signature/],
    "by other keys, in the log": [{ hardenedBy: other, inLog: true }, /log inclusion/],
    "of another manifest": [
      { signed: `sha256:${"0".repeat(64)}` },
      /docker-manifest-digest/,
    ],
    "of an attestation about another image": [
      { changeAttestation: ({ subject }) => subject!.digest = `sha256:${"0".repeat(64)}` },
      /subject digest/,
    ],
    "of an attestation that is none": [
      { changeAttestation: (manifest) => manifest.artifactType = "text/plain" },
      /no attestation referrers/,
    ],
    "of an image that doesn't call itself hardened": [
      { changeIndex: (index) => index.annotations = {} },
      /^$/,
    ],
    "of another kind": [{ changePayload: ofOtherKind }, /invalid type/],
    "of a log that is not trusted": [
      {
        inLog: true,
        changeSignature({ layers: [{ annotations } = {}] }) {
          const promise = /"signedEntryTimestamp":"..../;
          const name = "dev.sigstore.cosign/bundle";
          annotations![name] = annotations![name]!.replace(promise, '"signedEntryTimestamp":"AAAA');
        },
      },
      /log inclusion/,
    ],
  };
  for (const [name, [options, why]] of Object.entries(forgeries)) {
    await t.step(`forged: ${name}`, async () => {
      const { signature, error } = await check(verifier, { ...hardened, ...options });
      assert.equal(signature, undefined);
      assert.match(error ?? "", why);
    });
  }
});
