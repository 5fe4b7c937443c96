/**
 * The metadata that a policy makes the daemon look up. Partial evaluation decides it, and so which
 * facts a policy can see at all. The rows follow buildx's rules; random policies (`eval_test.ts`)
 * compare both programs.
 */
import assert from "node:assert/strict";
import { startEngine } from "../../policies/engine.ts";
import { compilePolicy, PolicyError } from "../../policies/policy.ts";
import type { MetaRequest } from "../../policies/source_meta.ts";
import { engineModule } from "./engine_module.ts";

const CONFIG = { image: {} };
const CHAIN = { image: { noConfig: true, attestationChain: true } };
const SLSA = ["https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v1"];
const PROVENANCE = { image: { noConfig: true, attestationChain: true, resolveAttestations: SLSA } };
const OBJECT = { git: { returnObject: true } };

/** A request for metadata, or a decision without one, or the evaluation's error. */
type Outcome = Omit<MetaRequest, "source" | "platform"> | "ALLOW" | "DENY" | "CONVERT" | RegExp;

const decision = 'decision := {"allow": allow}';
const plain = (...rules: string[]) => ["default allow := false", ...rules, decision].join("\n");
const pin = (digit: string) => `pin_image(input.image, "sha256:${digit.repeat(64)}")`;

const image = "docker-image://docker.io/library/busybox:1";
const git = "git://x.test/a.git";

/** Policies by source. */
const rows: Readonly<Record<string, readonly [what: string, policy: string, outcome: Outcome][]>> =
  {
    [image]: [
      ["a label in a rule", plain('allow if input.image.labels.x == "1"'), CONFIG],
      ["the same inline", 'decision := {"allow": input.image.labels.x == "1"}', /zero result/],
      [
        "a default from object.get",
        plain('allow if object.get(input.image, ["labels", "x"], "none") == "none"'),
        "ALLOW",
      ],
      ["print of all", plain("allow if print(input)"), "ALLOW"],
      ["no image", plain("allow if not input.image"), "DENY"],
      ["an image", plain("allow if input.image"), "ALLOW"],
      ["what the name says", plain('allow if input.image.repo == "busybox"'), "ALLOW"],
      [
        "the name or a label",
        plain('allow if input.image.repo == "busybox"', "allow if input.image.labels.x"),
        CONFIG,
      ],
      [
        "another name and a label",
        plain('allow if { input.image.repo == "x"; input.image.labels.x }'),
        "DENY",
      ],
      [
        "a label only where there is a tag",
        plain('allow if { input.image.tag == "2"; input.image.labels.x }'),
        "DENY",
      ],
      ["the digest", plain("allow if input.image.checksum"), CONFIG],
      ["the time of creation", plain("allow if input.image.createdTime"), "DENY"],
      ["whether a provenance is there", plain("allow if input.image.hasProvenance"), CHAIN],
      ["signatures", plain('allow if input.image.signatures[_].kind == "x"'), CHAIN],
      [
        "signatures and a label",
        plain('allow if { input.image.signatures[_].kind == "x"; input.image.labels.x }'),
        { image: { attestationChain: true } },
      ],
      [
        "a field of the provenance",
        plain('allow if input.image.provenance.builderID == "x"'),
        PROVENANCE,
      ],
      [
        "its materials",
        plain('allow if { some m in input.image.provenance.materials; m.image.repo == "x" }'),
        PROVENANCE,
      ],
      [
        "a helper about signatures",
        plain('allow if docker_github_builder(input.image, "a/b")'),
        CHAIN,
      ],
      [
        "a helper of one's own",
        plain("fine(i) if i.labels.x", "allow if fine(input.image)"),
        CONFIG,
      ],
      ["a pin", plain(`allow if ${pin("2")}`), "CONVERT"],
      ["two pins", plain(`allow if { ${pin("2")}; ${pin("3")} }`), /multiple image pins/],
      ["all labels", plain('allow if every k, _ in input.image.labels { k != "x" }'), CONFIG],
      ["the build's arguments", plain('allow if input.env.args.A == "1"'), "ALLOW"],
      [
        "an error in a function",
        plain("allow if to_number(input.image.tag) == 7", "allow if to_number(input.image.repo)"),
        "DENY",
      ],
      ["a missing file", plain('allow if load_json("none.json")'), "DENY"],
    ],
    [`${image}@sha256:${"1".repeat(64)}`]: [
      ["the digest that the name has", plain("allow if input.image.checksum"), "ALLOW"],
    ],
    "https://x.test/a": [
      ["the checksum of a download", plain('allow if input.http.checksum == "x"'), {}],
      ["the parts of a URL", plain('allow if input.http.host == "x.test"'), "ALLOW"],
      ["an attestation", plain('allow if artifact_attestation(input.http, "b").kind == "x"'), {}],
    ],
    [git]: [
      ["a commit's author", plain('allow if input.git.commit.author.name == "x"'), OBJECT],
      ["a commit's hash", plain('allow if input.git.checksum == "x"'), { git: {} }],
      ["a branch", plain('allow if input.git.branch == "x"'), { git: {} }],
      ["a git signature", plain('allow if verify_git_signature(input.git.commit, "key")'), OBJECT],
    ],
    [`${git}#refs/heads/x`]: [
      ["a branch that the source names", plain('allow if input.git.branch == "x"'), "ALLOW"],
    ],
    "local://context": [["a folder", plain("allow if input.local"), "ALLOW"]],
    "oci-layout://x": [
      [
        "a source of an unknown kind",
        plain("allow if true"),
        /unsupported source scheme: oci-layout/,
      ],
    ],
  };
const cases = Object.entries(rows).flatMap(([source, of]) =>
  of.map(([what, policy, outcome]) => ({ source, what, policy, outcome }))
);

Deno.test("partial evaluation requests what buildx requests", async (t) => {
  const engine = await startEngine(await Deno.readFile(await engineModule()));
  const host = {
    files: () => Promise.resolve(undefined),
    material: () => Promise.reject(new Error("there are no materials")),
    attestation: () => Promise.resolve(null),
  };
  for (const { source: identifier, what, policy: text, outcome } of cases) {
    await t.step(what, async () => {
      const modules = [{ name: "p.rego", text: `package docker\n\n${text}\n` }];
      using policy = await compilePolicy(engine, modules, host, { print: true });
      const asking = policy.check({
        source: { identifier, attrs: { a: "b" } },
        platform: { os: "linux", architecture: "amd64" },
        env: { args: { A: "1" } },
      });
      if (outcome instanceof RegExp) {
        await assert.rejects(asking, (error) => {
          assert.ok(error instanceof PolicyError);
          assert.match(error.message, outcome);
          return true;
        });
        return;
      }
      const { action, request } = await asking;
      if (typeof outcome === "string") {
        assert.equal(action, outcome);
        assert.equal(request, undefined);
        return;
      }
      const { source, platform: _, ...asked } = request!;
      assert.deepEqual(source, { identifier, attrs: { a: "b" } });
      assert.deepEqual(asked, outcome);
    });
  }
});
