/** The policy of `BUILDX_DEFAULT_POLICY`, against buildx's own text, in the engine that ships. */
import assert from "node:assert/strict";
import { DEFAULT_POLICY } from "../../policies/default_policy.ts";
import { startEngine } from "../../policies/engine.ts";
import { compilePolicy } from "../../policies/policy.ts";
import { engineModule, moduleFolder } from "./engine_module.ts";

const words = (text: string) => text.trim().split(/\s+/);

/** Tags of all families, right ones and almost right ones; the last one is no tag. */
const TAGS = [
  ...words(`
    latest labs master master-labs stable nightly 1 1-labs 2 0 01 1.20 1.21 1.21-labs 1.22 1.9 1.10
    2.0 1.21.0 1.21.1 1.22.0-labs 1.10.0 1.21.0-rc1 1.21.0.1 v1.21
    latest-ubuntu latest-gpu rootless master-rootless master-ubuntu master-cache nightly-rootless
    nightly-gpu
    buildx-stable-1 buildx-stable-1-rootless buildx-stable-1-gpu buildx-stable-1-x buildx-stable-
    v0.26.3 v0.27.0 v0.27.0-rc1 v0.27.0-rootless v0.27.0-rc1-ubuntu v0.27 v1.0.0 v0.100.0
    v0.27.0-gpu 0.27.0 v0.27.0-rc V0.27.0
  `),
  "",
];
/** The last three are none of the default policy's. */
const REPOSITORIES = words(`
  docker.io/docker/dockerfile docker.io/docker/dockerfile-upstream
  docker.io/docker/buildkit-syft-scanner docker.io/moby/buildkit
  docker.io/library/alpine ghcr.io/docker/dockerfile docker.io/docker/dockerfile/x
`);
const REFS = [
  ...words(`
    refs/tags/dockerfile/1.21.0 refs/tags/dockerfile/1.21.0-labs refs/tags/dockerfile/1.22.3
    refs/tags/dockerfile/1.21.0-rc1 refs/tags/dockerfile/2.0.0 refs/tags/dockerfile/1
    refs/tags/1.21.0 refs/tags/1.10.0 refs/tags/v1.10.0 refs/tags/v0.27.0 refs/tags/v0.27.0-rc1
    refs/tags/v1.0.0 refs/heads/master
  `),
  "",
];

function signature(repository: string, ref: string, changes = {}) {
  return {
    kind: "docker-github-builder",
    type: "bundle-v0.3",
    timestamps: [{ type: "Tlog", uri: "https://log.test", timestamp: "2026-01-01T00:00:00Z" }],
    signer: {
      certificateIssuer: "CN=sigstore-intermediate,O=sigstore.dev",
      subjectAlternativeName: "x",
      issuer: "https://token.actions.githubusercontent.com",
      runnerEnvironment: "github-hosted",
      sourceRepositoryURI: `https://github.com/${repository}`,
      sourceRepositoryRef: ref,
    },
    ...changes,
  };
}

Deno.test("the default policy decides as buildx's, with the same requests", async (t) => {
  const engine = await startEngine(await Deno.readFile(await engineModule()));
  const host = {
    material: () => Promise.reject(new Error("there are no materials")),
    attestation: () => Promise.resolve(null),
  };
  const compile = (text: string) =>
    compilePolicy(engine, [{ name: "default.rego", text }], host, { print: true });
  using ours = await compile(DEFAULT_POLICY);
  const folder = await moduleFolder("github.com/docker/buildx", "v0.36.1");
  using theirs = await compile(await Deno.readTextFile(`${folder}/policy/default.rego`));
  const platform = { os: "linux", architecture: "amd64" };
  const digest = `sha256:${"1".repeat(64)}`;
  const ask = (policy: typeof ours, identifier: string, signatures?: readonly unknown[]) =>
    policy.check({
      source: { identifier, attrs: {} },
      meta: signatures && {
        image: { digest, chain: { attestationManifest: digest, blobs: [] }, signatures },
      },
      platform,
      env: {},
    });
  const same = async (identifier: string, signatures?: readonly unknown[]) => {
    const [a, b] = [
      await ask(ours, identifier, signatures),
      await ask(theirs, identifier, signatures),
    ];
    const what = `${identifier} ${JSON.stringify(signatures)}`;
    assert.deepEqual([a.action, a.messages, a.request], [b.action, b.messages, b.request], what);
    return a;
  };
  const seen = new Set<string | undefined>();
  await t.step("every tag, without metadata and without a signature", async () => {
    for (const [at, repository] of REPOSITORIES.entries()) {
      for (const tag of at < 4 ? TAGS : TAGS.slice(0, 2)) {
        const image = `docker-image://${repository}${tag && `:${tag}`}`;
        seen.add((await same(image)).request ? "asks" : "knows");
        seen.add((await same(image, [])).action);
      }
      seen.add((await same(`docker-image://${repository}:latest@${digest}`)).action);
      seen.add((await same(`docker-image://${repository}@${digest}`)).action);
    }
    for (const source of ["local://context", "https://x.test/a", "git://x.test/a.git"]) {
      assert.equal((await same(source)).action, "ALLOW");
    }
    assert.deepEqual([...seen].sort(), ["ALLOW", "DENY", "asks", "knows", undefined].sort());
  });
  await t.step("signatures, right and wrong ones", async () => {
    const actions = new Map<string, number>();
    const families: [repository: string, signed: RegExp][] = [
      ["docker.io/docker/dockerfile", /^(1|1\.2[12].*|2\.0|latest|1-labs)$/],
      ["docker.io/docker/buildkit-syft-scanner", /^(1|1\.10.*|latest)$/],
      ["docker.io/moby/buildkit", /^(latest|v0\.27\.0.*|v1\.0\.0)$/],
    ];
    for (const [repository, signed] of families) {
      const signer = repository.includes("syft") ? "docker/buildkit-syft-scanner" : "moby/buildkit";
      const tags = TAGS.filter((tag) => tag !== "" && signed.test(tag));
      for (const tag of tags) {
        for (const ref of REFS) {
          const { action } = await same(`docker-image://${repository}:${tag}`, [
            signature(signer, ref),
          ]);
          actions.set(action!, (actions.get(action!) ?? 0) + 1);
        }
      }
      const image = `docker-image://${repository}:latest`;
      const right = REFS[0]!;
      await same(image, [signature("evil/buildkit", right), signature(signer, right)]);
      for (
        const changes of [
          { kind: "self-signed" },
          { type: "simplesigning-v1" },
          { timestamps: [] },
          { signer: { ...signature("evil/x", right).signer } },
        ]
      ) assert.equal((await same(image, [signature(signer, right, changes)])).action, "DENY");
    }
    assert.ok(actions.get("ALLOW")! > 20 && actions.get("DENY")! > 20, [...actions].join());
  });
});
