/**
 * The signatures of images, through the module that ships: attestation chains as the daemon
 * collects them, good ones and ones that are forged in each part.
 */
import assert from "node:assert/strict";
import { type Engine, startEngine } from "../../policies/engine.ts";
import { signatures } from "../../scripts/policy/engine.ts";
import { builtModule } from "../../scripts/policy/go_module.ts";
import { signatureModulePath } from "./engine_module.ts";
import { type ImageOptions, MEDIA_TYPE, type SignedImage, signedImage } from "./sigstore/image.ts";
import {
  dockerBuilder,
  makeInstance,
  publicKeyPem,
  trustedRoot,
  workflow,
} from "./sigstore/instance.ts";
import { newKeys } from "./sigstore/keys.ts";

const identity = dockerBuilder("docker/example");
const platform = { os: "linux", architecture: "amd64" };

function verify(module: Engine, trusted: string, image: SignedImage, changes = {}) {
  const blobs = Object.fromEntries(
    [...image.blobs].map(([digest, { mediaType, bytes }]) => [digest, {
      mediaType,
      size: bytes.length,
      data: bytes.toBase64(),
    }]),
  );
  return module.call({
    image: {
      trustedRoot: trusted,
      root: image.root,
      attestationManifest: image.attestation,
      signatureManifests: [image.signature],
      blobs,
      platform,
      ...changes,
    },
  }) as { error?: string; unsigned?: boolean; signature?: Record<string, unknown> };
}

Deno.test("the signatures of images are verified", async (t) => {
  const module = await startEngine(await Deno.readFile(await signatureModulePath()));
  const instance = await makeInstance();
  const trusted = btoa(await trustedRoot(instance));
  const check = async (options: ImageOptions, changes = {}) =>
    verify(module, trusted, await signedImage(instance, options), changes);

  await t.step("a bundle", async () => {
    const { error, signature } = await check({ identity });
    assert.equal(error, undefined);
    assert.equal(signature!["kind"], "docker-github-builder");
    assert.equal(signature!["type"], "bundle-v0.3");
    assert.equal(signature!["dockerReference"], undefined);
  });
  for (const form of ["cosign", "old cosign"] as const) {
    await t.step(`a simple signature of ${form}`, async () => {
      const self = workflow("a/b", "a/b/.github/workflows/x.yml");
      const { error, signature } = await check({ identity: self, form });
      assert.equal(error, undefined);
      assert.equal(signature!["kind"], "self-signed-github-repo");
      assert.equal(signature!["type"], "simplesigning-v1");
      assert.equal(signature!["dockerReference"], "registry.test/image");
      // Docker's builder makes bundles only.
      assert.equal((await check({ identity, form })).signature!["kind"], "self-signed");
    });
  }
  const keys = await newKeys();
  const other = `sha256:${"0".repeat(64)}`;
  const simple = { identity, form: "cosign" } as const;
  const forged: [name: string, options: ImageOptions, why: RegExp][] = [
    ["bundle by other keys", { identity, signingKeys: keys }, /signature/],
    ["bundle about another manifest", { identity, signed: other }, /digest|artifact|subject/],
    ["bundle whose manifest says another type", {
      identity,
      changeSignature: (manifest) => manifest.artifactType = "application/json",
    }, /^$/],
    ["signature about another subject", {
      identity,
      changeSignature: ({ subject }) => subject!.digest = other,
    }, /subject digest/],
    ["signature about a subject of another size", {
      identity,
      changeSignature: ({ subject }) => subject!.size++,
    }, /size/],
    ["signature without a subject", {
      identity,
      changeSignature: (manifest) => delete manifest.subject,
    }, /no subject/],
    ["signature about no manifest", {
      identity,
      changeSignature: ({ subject }) => subject!.mediaType = MEDIA_TYPE.config,
    }, /media type/],
    ["signature without layers", {
      identity,
      changeSignature: (manifest) => manifest.layers = [],
    }, /layers/],
    ["signature of an unknown type", {
      identity,
      changeSignature: ({ layers }) => layers[0]!.mediaType = "text/plain",
    }, /media type/],
    ["attestation about another image", {
      identity,
      changeAttestation: ({ subject }) => subject!.digest = other,
    }, /subject digest/],
    ["attestation about an image of another size", {
      identity,
      changeAttestation: ({ subject }) => subject!.size++,
    }, /size/],
    ["attestation without a subject", {
      identity,
      changeAttestation: (manifest) => delete manifest.subject,
    }, /no subject/],
    ["attestation without a provenance", {
      identity,
      changeAttestation: ({ layers }) =>
        layers[0]!.annotations = { "in-toto.io/predicate-type": "https://spdx.dev/Document" },
    }, /no SLSA provenance/],
    ["simple signature by other keys", { ...simple, signingKeys: keys }, /signature/],
    [
      "simple signature about another manifest",
      { ...simple, signed: other },
      /docker-manifest-digest/,
    ],
    ["simple signature of another kind", {
      ...simple,
      changePayload: ({ critical }) => ({ critical: { ...critical, type: "other" } }),
    }, /invalid type/],
    ["simple signature without a certificate", {
      ...simple,
      changeSignature: ({ layers }) =>
        delete layers[0]!.annotations!["dev.sigstore.cosign/certificate"],
    }, /certificate/],
    ["simple signature without the log's proof", {
      ...simple,
      changeSignature: ({ layers }) => delete layers[0]!.annotations!["dev.sigstore.cosign/bundle"],
    }, /log|timestamp/],
    ["simple signature with a promise by other keys", {
      ...simple,
      entry: { promiseKeys: keys },
    }, /log/],
    [
      "simple signature that no certificate log has seen",
      { ...simple, logged: false },
      /SCT|timestamp/i,
    ],
    ["hardened image that Docker's key has not signed", {
      ...simple,
      changeIndex(index) {
        index.annotations = { "org.opencontainers.image.title": "dhi/golang" };
        for (const one of index.manifests) {
          one.annotations = { ...one.annotations, "com.docker.dhi.build.id": "1" };
        }
      },
    }, /./],
  ];
  for (const [name, options, why] of forged) {
    await t.step(`forged: ${name}`, async () => {
      const { error, signature } = await check(options);
      assert.equal(signature, undefined);
      assert.match(error ?? "", why);
    });
  }
  await t.step("an image without a signature", async () => {
    const unsigned: [changes: object, options?: ImageOptions][] = [
      [{ signatureManifests: [] }],
      [{ attestationManifest: "" }],
      [{ root: "" }],
      [{}, { identity, changeIndex: (index) => index.manifests.pop() }],
    ];
    for (const [changes, options = { identity }] of unsigned) {
      const { error, signature, unsigned } = await check(options, changes);
      assert.equal(signature, undefined);
      assert.ok(unsigned, error ?? "");
    }
  });
  await t.step("a chain that a daemon has changed", async () => {
    const image = await signedImage(instance, { identity });
    const { blobs } = image;
    for (const name of ["root", "attestation", "signature"] as const) {
      const digest = image[name];
      const without = new Map(blobs);
      without.delete(digest);
      assert.equal(verify(module, trusted, { ...image, blobs: without }).signature, undefined);
      const { mediaType, bytes } = blobs.get(digest)!;
      const changed = new Map(blobs).set(digest, {
        mediaType,
        bytes: new Uint8Array([...bytes, 0x20]),
      });
      const { error, signature } = verify(module, trusted, { ...image, blobs: changed });
      assert.equal(signature, undefined);
      assert.ok(error);
    }
    const wrong = verify(module, trusted, image, { attestationManifest: image.image });
    assert.equal(wrong.signature, undefined);
    const foreign = verify(module, trusted, image, {
      platform: { os: "linux", architecture: "s390x" },
    });
    assert.equal(foreign.signature, undefined);
  });
});

Deno.test("the signatures of Docker Hardened Images are verified", async (t) => {
  const keys = await newKeys();
  // Only Docker has the private key of the module that ships.
  const folder = await Deno.makeTempDir({ prefix: "fairlead-hardened-" });
  let module: Engine;
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
    module = await startEngine(await Deno.readFile(path));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const instance = await makeInstance();
  const trusted = btoa(await trustedRoot(instance));
  const hardened = { identity, form: "cosign", hardenedBy: keys } as const;
  const check = async (options: ImageOptions) =>
    verify(module, trusted, await signedImage(instance, options));
  for (const inLog of [false, true]) {
    await t.step(inLog ? "in the log" : "outside of the log", async () => {
      const { error, signature } = await check({ ...hardened, inLog });
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
  const forged: [name: string, options: ImageOptions][] = [
    ["by other keys", { ...hardened, hardenedBy: other }],
    ["by other keys, in the log", { ...hardened, hardenedBy: other, inLog: true }],
    ["of another manifest", { ...hardened, signed: `sha256:${"0".repeat(64)}` }],
    ["of an attestation about another image", {
      ...hardened,
      changeAttestation: ({ subject }) => subject!.digest = `sha256:${"0".repeat(64)}`,
    }],
    ["of an attestation that is none", {
      ...hardened,
      changeAttestation: (manifest) => manifest.artifactType = "text/plain",
    }],
    ["of an image that doesn't call itself hardened", {
      ...hardened,
      changeIndex: (index) => index.annotations = {},
    }],
    ["of another kind", {
      ...hardened,
      changePayload: ({ critical }) => ({ critical: { ...critical, type: "other" } }),
    }],
    ["of a log that is not trusted", {
      ...hardened,
      inLog: true,
      hardenedBy: keys,
      changeSignature: ({ layers }) => {
        const bundle = layers[0]!.annotations!["dev.sigstore.cosign/bundle"]!;
        layers[0]!.annotations!["dev.sigstore.cosign/bundle"] = bundle.replace(
          /"signedEntryTimestamp":"..../,
          '"signedEntryTimestamp":"AAAA',
        );
      },
    }],
  ];
  for (const [name, options] of forged) {
    await t.step(`forged: ${name}`, async () => {
      const { signature } = await check(options);
      assert.equal(signature, undefined);
    });
  }
});
