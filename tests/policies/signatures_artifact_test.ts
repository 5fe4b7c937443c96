/**
 * The signatures of downloaded files, through the module that ships: bundles of an instance that
 * the test makes, good ones and ones that are forged in each part.
 */
import assert from "node:assert/strict";
import { signatureModulePath } from "./engine_module.ts";
import { type Engine, startEngine } from "../../policies/engine.ts";
import { makeAuthority } from "./sigstore/certificates.ts";
import {
  type Bundle,
  dockerBuilder,
  type Instance,
  makeInstance,
  signedBundle,
  type SignOptions,
  statement,
  trustedRoot,
  workflow,
} from "./sigstore/instance.ts";
import { newKeys, sha256 } from "./sigstore/keys.ts";

const HOUR = 3600_000;
const identity = dockerBuilder("docker/example");
const checksum = `sha256:${(await sha256(new TextEncoder().encode("content"))).toHex()}`;

interface Bench {
  readonly module: Engine;
  readonly instance: Instance;
  readonly trusted: string;
}

async function bench(): Promise<Bench> {
  const module = await startEngine(await Deno.readFile(await signatureModulePath()));
  const instance = await makeInstance();
  return { module, instance, trusted: btoa(await trustedRoot(instance)) };
}

/** Verifies a bundle about the file. */
function verify({ module, trusted }: Bench, bundle: Uint8Array, extra = {}) {
  return module.call({
    artifact: { checksum, bundle: bundle.toBase64(), trustedRoot: trusted, ...extra },
  }) as { error?: string; signature?: Record<string, unknown> };
}

Deno.test("a valid bundle gives buildx's fields", async (t) => {
  const b = await bench();
  await t.step("with the log's time", async () => {
    const { error, signature } = verify(
      b,
      await signedBundle(b.instance, statement(checksum), { identity }),
    );
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
    const { error, signature } = verify(
      b,
      await signedBundle(b.instance, statement(checksum), {
        identity,
        stampedBy: b.instance.stamper,
      }),
    );
    assert.equal(error, undefined);
    assert.deepEqual(
      (signature!["timestamps"] as { type: string }[]).map(({ type }) => type).sort(),
      ["TimestampAuthority", "Tlog"],
    );
  });
  await t.step("packed, as GitHub stores it", async () => {
    const plain = await signedBundle(b.instance, statement(checksum), { identity });
    assert.equal(verify(b, snappyLiterals(plain), { snappy: true }).error, undefined);
    assert.match(verify(b, plain, { snappy: true }).error ?? "", /snappy/);
    // The head claims more than a bundle may have.
    const bomb = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
    assert.match(verify(b, bomb, { snappy: true }).error ?? "", /larger than/);
  });
});

/** Snappy's block format without compression: the length, and literals of at most 60 bytes. */
function snappyLiterals(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let rest = bytes.length;; rest >>= 7) {
    if (rest < 0x80) {
      out.push(rest);
      break;
    }
    out.push(rest & 0x7f | 0x80);
  }
  for (let at = 0; at < bytes.length; at += 60) {
    const part = bytes.subarray(at, at + 60);
    out.push((part.length - 1) << 2, ...part);
  }
  return new Uint8Array(out);
}

Deno.test("the kind of a signature follows its certificate", async () => {
  const b = await bench();
  const kinds: [kind: string, options: SignOptions][] = [
    ["docker-github-builder", {
      identity: workflow("a/b", "docker/github-builder-experimental/.github/workflows/x.yml"),
    }],
    ["self-signed-github-repo", { identity: workflow("a/b", "a/b/.github/workflows/x.yml") }],
    // Somebody else's workflow is neither Docker's nor the repository's own.
    ["self-signed", { identity: workflow("a/b", "c/d/.github/workflows/x.yml") }],
    ["self-signed", { identity: workflow("a/b", "docker/github-builder/other/x.yml") }],
    ["self-signed", {
      identity: { ...identity, extensions: { ...identity.extensions, 11: "self-hosted" } },
    }],
    ["self-signed", {
      identity: { ...identity, extensions: { ...identity.extensions, 8: "https://evil.test" } },
    }],
    // The extension names Docker's builder, and the certificate's subject does not.
    ["self-signed", { identity: { ...identity, subject: "https://evil.test/workflow" } }],
    ["self-signed", {
      identity: {
        subject: "mailto:a@example.test",
        extensions: { 8: "https://accounts.example.test" },
      },
    }],
  ];
  for (const [kind, options] of kinds) {
    const { error, signature } = verify(
      b,
      await signedBundle(b.instance, statement(checksum), options),
    );
    assert.equal(error, undefined, kind);
    assert.equal(signature!["kind"], kind, JSON.stringify(options));
  }
  const other = await makeInstance("another-intermediate");
  const trusted = btoa(await trustedRoot(other));
  const bundle = await signedBundle(other, statement(checksum), { identity });
  assert.equal(verify({ ...b, trusted }, bundle).signature?.["kind"], "untrusted");
});

Deno.test("a bundle that is forged in any part is rejected", async (t) => {
  const b = await bench();
  const { instance } = b;
  const foreign = await makeInstance();
  const keys = await newKeys();
  const now = Date.now();
  const past = { from: new Date(now - 150 * HOUR), to: new Date(now - 149 * HOUR) };
  const good: SignOptions = { identity };
  const edit = (change: (bundle: Bundle) => void): SignOptions => ({
    ...good,
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
  const other = `sha256:${"0".repeat(64)}`;
  const cases: [name: string, about: object, options: SignOptions, why: RegExp][] = [
    ["signature by other keys", statement(checksum), { ...good, signingKeys: keys }, /signature/],
    [
      "signature changed",
      statement(checksum),
      edit(({ dsseEnvelope }) => {
        dsseEnvelope.signatures[0]!.sig = flip(dsseEnvelope.signatures[0]!.sig);
      }),
      /signature/,
    ],
    [
      "statement changed after the signature",
      statement(other),
      edit(({ dsseEnvelope }) => {
        dsseEnvelope.payload = btoa(JSON.stringify(statement(checksum)));
      }),
      /hash|signature/,
    ],
    [
      "payload of another type",
      statement(checksum),
      edit(({ dsseEnvelope }) => {
        dsseEnvelope.payloadType = "application/json";
      }),
      /type|signature/,
    ],
    [
      "no signature",
      statement(checksum),
      edit(({ dsseEnvelope }) => {
        dsseEnvelope.signatures = [];
      }),
      /signature/,
    ],
    [
      "two signatures",
      statement(checksum),
      edit(({ dsseEnvelope }) => {
        dsseEnvelope.signatures.push(dsseEnvelope.signatures[0]!);
      }),
      /signature/,
    ],
    ["certificate of another authority", statement(checksum), {
      ...good,
      issuer: foreign.intermediate,
    }, /certificate/],
    ["certificate of an authority of the same name", statement(checksum), {
      ...good,
      issuer: await makeAuthority("sigstore-intermediate", {
        from: new Date(now - 50 * HOUR),
        to: new Date(now + 50 * HOUR),
      }),
    }, /certificate/],
    [
      "certificate changed",
      statement(checksum),
      edit(({ verificationMaterial: { certificate } }) => {
        certificate.rawBytes = flip(certificate.rawBytes);
      }),
      /certificate|signature/,
    ],
    [
      "certificate that no log has seen",
      statement(checksum),
      { ...good, logged: false },
      /timestamp|SCT/i,
    ],
    ["certificate of another log", statement(checksum), {
      ...good,
      certificateLog: foreign.certificateLog,
    }, /timestamp|SCT|not found/i],
    ["certificate before its authority's time", statement(checksum), {
      ...good,
      validity: past,
    }, /certificate/],
    ["entry from before the certificate", statement(checksum), {
      ...good,
      entry: { moment: new Date(now - 2 * HOUR) },
    }, /time/],
    ["entry from after the certificate", statement(checksum), {
      ...good,
      entry: { moment: new Date(now) },
    }, /time/],
    [
      "promise by other keys",
      statement(checksum),
      { ...good, entry: { promiseKeys: keys } },
      /log/,
    ],
    [
      "checkpoint by other keys",
      statement(checksum),
      { ...good, entry: { checkpointKeys: keys } },
      /checkpoint|signature/i,
    ],
    ["entry of another log", statement(checksum), { ...good, entry: { keys: foreign.log } }, /log/],
    ["proof of another tree", statement(checksum), {
      ...good,
      entry: { neighbour: new Uint8Array(32) },
    }, /root|inclusion|proof/i],
    [
      "no entry",
      statement(checksum),
      edit(({ verificationMaterial }) => {
        verificationMaterial.tlogEntries = [];
      }),
      /log|timestamp/,
    ],
    [
      "the same entry twice",
      statement(checksum),
      edit(({ verificationMaterial }) => {
        verificationMaterial.tlogEntries.push(verificationMaterial.tlogEntries[0]!);
      }),
      /duplicate/,
    ],
    ["neither promise nor proof", statement(checksum), {
      ...good,
      entry: { promised: false, proven: false },
    }, /inclusion/],
    ["no time that anybody vouches for", statement(checksum), {
      ...good,
      entry: { promised: false },
    }, /timestamp/],
    ["entry about another signature", statement(checksum), {
      ...good,
      changeBody: (body) =>
        changed(body, (spec) => {
          spec.signatures[0]!.signature = btoa("another signature");
        }),
    }, /signature/],
    ["entry about another certificate", statement(checksum), {
      ...good,
      changeBody: (body) =>
        changed(body, (spec) => {
          spec.signatures[0]!.verifier = btoa("no certificate");
        }),
    }, /certificate|PEM|key|verifier/i],
    ["entry about another statement", statement(checksum), {
      ...good,
      changeBody: (body) =>
        changed(body, (spec) => {
          spec.payloadHash.value = "0".repeat(64);
        }),
    }, /payload/],
    ["timestamp of another authority", statement(checksum), {
      ...good,
      entry: { promised: false },
      stampedBy: foreign.stamper,
    }, /timestamp/],
    ["timestamp from after the certificate", statement(checksum), {
      ...good,
      entry: { promised: false },
      stampedBy: instance.stamper,
      stampedAt: new Date(now),
    }, /certificate|time/],
    ["another file", statement(other), good, /digest|subject|artifact/],
    [
      "another kind of statement",
      statement(checksum, "https://spdx.dev/Document"),
      good,
      /predicate type/,
    ],
    ["no statement", { a: 1 }, good, /./],
    ["no bundle", {}, { ...good, changeBundle: () => [] }, /./],
    [
      "an unknown format",
      statement(checksum),
      edit((bundle) => {
        bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=9";
      }),
      /media ?type|version/i,
    ],
  ];
  for (const [name, about, options, why] of cases) {
    await t.step(name, async () => {
      const { error, signature } = verify(b, await signedBundle(instance, about, options));
      assert.equal(signature, undefined);
      assert.match(error ?? "", why);
    });
  }
  await t.step("a timestamp alone is enough", async () => {
    const bundle = await signedBundle(instance, statement(checksum), {
      ...good,
      entry: { promised: false },
      stampedBy: instance.stamper,
    });
    assert.equal(verify(b, bundle).error, undefined);
  });
  await t.step("no trusted root", async () => {
    const bundle = await signedBundle(instance, statement(checksum), good);
    assert.match(verify({ ...b, trusted: "" }, bundle).error ?? "", /trusted root/);
    assert.ok(verify({ ...b, trusted: btoa("{}") }, bundle).error);
    assert.ok(verify({ ...b, trusted: btoa(await trustedRoot(foreign)) }, bundle).error);
  });
  await t.step("random bytes are refused", () => {
    for (let round = 0; round < 50; round++) {
      const bytes = crypto.getRandomValues(new Uint8Array(round));
      assert.ok(verify(b, bytes).error);
      assert.ok(verify(b, bytes, { snappy: true }).error);
    }
  });
});

interface Spec {
  payloadHash: { value: string };
  signatures: { signature: string; verifier: string }[];
}

function changed(body: Record<string, unknown>, change: (spec: Spec) => void): object {
  const copy = structuredClone(body);
  change(copy["spec"] as Spec);
  return copy;
}
