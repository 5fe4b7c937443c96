/** Policies about signatures, on a real daemon and registry, with a Sigstore of the test's. */
import assert from "node:assert/strict";
import { ignore, shared } from "../operate/images.ts";
import { workspace } from "../build/workspace.ts";
import { engineModule, signatureModulePath } from "./engine_module.ts";
import { signedImage } from "./sigstore/image.ts";
import {
  dockerBuilder,
  makeInstance,
  signedBundle,
  statement,
  workflow,
} from "./sigstore/instance.ts";
import { newKeys, sha256 } from "./sigstore/keys.ts";
import { pushSigned } from "./sigstore/push.ts";
import { writeTrust } from "./sigstore/verifier.ts";
import { webServer } from "../harness/web_server.ts";
import { fails, succeeds } from "../harness/ended.ts";

const policy = (rule: string) =>
  `package docker

default allow := false

allow if input.local

allow if ${rule}

deny_msg contains "unsigned" if not allow

decision := {"allow": allow, "deny_msg": deny_msg}
`;

Deno.test(
  { name: "policies that require signatures accept signed images alone", ignore },
  async (t) => {
    const env = {
      FAIRLEAD_POLICY_ENGINE: await engineModule(),
      FAIRLEAD_POLICY_SIGNATURES: await signatureModulePath(),
    };
    await using space = await workspace(shared!.address);
    const fairlead = (...args: string[]) => space.fairlead(args, env);
    const build = (more: Record<string, string>, ...args: string[]) =>
      space.fairlead(["build", "-o", "type=cacheonly", ...args], { ...env, ...more });
    const instance = await makeInstance();
    await writeTrust(space.path("mirror"), instance);
    const base = `${shared!.registry}/signed${crypto.randomUUID().slice(0, 8)}`;
    const identity = dockerBuilder("docker/example");
    const push = async (tag: string, options: Parameters<typeof signedImage>[1]) =>
      await pushSigned(base, tag, await signedImage(instance, options));
    const good = await push("good", { identity });
    const forged = await push("forged", { identity, signingKeys: await newKeys() });
    const other = await push("other", { identity: dockerBuilder("evil/example") });
    const self = await push("self", {
      identity: workflow("a/b", "a/b/.github/workflows/x.yml"),
      form: "cosign",
    });
    const builder = 'docker_github_builder(input.image, "docker/example")';
    space.write({
      "builder.rego": policy(builder),
      "tag.rego": policy(
        'docker_github_builder_tag(input.image, "docker/example", "v1.0.0")',
      ),
      "self.rego": policy('input.image.signatures[_].kind == "self-signed-github-repo"'),
      ...Object.fromEntries(
        [["good", good], ["forged", forged]].map(([name, image]) => [
          `${name}/Dockerfile`,
          `FROM ${image}\n`,
        ]),
      ),
      "good/Dockerfile.rego": policy(builder),
      "forged/Dockerfile.rego": policy(builder),
    });
    const image = (name: string) => `docker-image://${name}`;

    await t.step("an image is denied without a trust root, with the reason", async () => {
      // Nothing listens there, so the step needs no network.
      const nowhere = "http://127.0.0.1:9";
      const offline = { ...env, HTTPS_PROXY: nowhere, https_proxy: nowhere };
      const { stderr } = await fails(space.fairlead(
        ["policy", "eval", "-f", "builder", image(good)],
        offline,
      ));
      assert.match(
        stderr,
        /WARNING: signatures can't be verified: no trust root has been fetched yet/,
      );
      assert.match(stderr, /fairlead policy trust --refresh/);
      assert.match(stderr, /^ERROR: policy denied: unsigned$/m);
      const built = await fails(build(offline, "good"));
      assert.match(
        built.stderr,
        /^WARNING: signatures can't be verified: no trust root has been fetched/m,
      );
      assert.match(built.stderr, /^Policy: unsigned$/m);
    });
    await t.step("`policy trust` installs an instance, and shows its dates", async () => {
      const shown = await fails(fairlead("policy", "trust"));
      assert.match(shown.stdout, /^Instance: +public \(https:/m);
      for (
        const args of [["--root", "none", "--from", "mirror"], ["--root", "x"], ["--from", "none"]]
      ) {
        assert.equal((await fairlead("policy", "trust", ...args)).code, 1, args.join(" "));
      }
      const made = await succeeds(fairlead(
        ...["policy", "trust", "--root", "mirror/1.root.json", "--from", "mirror"],
      ));
      assert.match(made.stdout, /^Instance: +private \(\/.*mirror\)$/m);
      assert.match(made.stdout, /^Status: +valid$/m);
      assert.match(made.stdout, /^timestamp +1 +\d{4}-/m);
      assert.equal((await fairlead("policy", "trust", "--refresh")).code, 0);
    });
    await t.step("`policy eval` allows signed images alone", async () => {
      const verdicts: [file: string, image: string, code: number][] = [
        ["builder", good, 0],
        ["tag", good, 0],
        ["builder", forged, 1],
        ["builder", other, 1],
        ["builder", self, 1],
        ["self", self, 0],
        ["self", good, 1],
      ];
      for (const [file, name, code] of verdicts) {
        const ran = await fairlead("policy", "eval", "-f", file, image(name));
        assert.equal(ran.code, code, `${file} ${name}: ${ran.stderr}`);
        assert.doesNotMatch(ran.stderr, /WARNING/);
      }
    });
    await t.step("the policies of the manual", async () => {
      const page = await Deno.readTextFile(new URL("../../docs/policies.md", import.meta.url));
      for (
        const [, name = "", text = ""] of page.matchAll(/^```(?:rego|json) (\S+)\n(.*?)^```$/gms)
      ) {
        space.write({ [name]: text });
      }
      const app = await push("v1.0.0", { identity: dockerBuilder("example/app") });
      const evil = await push("evil", { identity: dockerBuilder("example/app"), logged: false });
      for (const file of ["functions", "signed"]) {
        assert.equal((await fairlead("policy", "eval", "-f", file, image(app))).code, 0);
        assert.equal((await fairlead("policy", "eval", "-f", file, image(evil))).code, 1);
      }
    });
    await t.step("the input document is buildx's, plus the signatures", async () => {
      const fields = ["--fields", "image.signatures,image.provenance,image.labels"];
      const args = ["policy", "eval", "--print", ...fields, image(good)];
      const ours = JSON.parse((await fairlead(...args)).stdout);
      const { signatures, ...rest } = ours.image;
      assert.deepEqual({ ...ours, image: rest }, JSON.parse((await space.buildx(args)).stdout));
      assert.equal(signatures.length, 1);
      assert.equal(signatures[0].kind, "docker-github-builder");
      assert.equal(
        signatures[0].signer.sourceRepositoryURI,
        "https://github.com/docker/example",
      );
    });
    await t.step("builds", async () => {
      await succeeds(fairlead("build", "-o", "type=cacheonly", "good"));
      const denied = await fails(fairlead("build", "-o", "type=cacheonly", "forged"));
      assert.match(denied.stderr, /^Policy: unsigned$/m);
    });
    await t.step("the default policy wants Docker's own images signed", async () => {
      const env = { BUILDX_DEFAULT_POLICY: "1" };
      // The registry is docker.io's mirror.
      const official = `${shared!.registry}/docker/dockerfile`;
      const identity = dockerBuilder("moby/buildkit", "refs/tags/dockerfile/1.21.4");
      for (const tag of ["1.21", "1.22"]) {
        await pushSigned(official, tag, await signedImage(instance, { identity }));
      }
      space.write({
        "signed/Dockerfile": "FROM docker/dockerfile:1.21\n",
        "unsigned/Dockerfile": "FROM docker/dockerfile:1.22\n",
        "unsigned/allow.rego": policy("true"),
      });
      const signed = await succeeds(build(env, "signed"));
      assert.match(signed.stderr, /^#\d+ loading policies buildx_default_policy\.rego$/m);
      for (const more of [[], ["--policy", "reset=true"]]) {
        const denied = await fails(
          build(env, "--policy", "filename=allow.rego", ...more, "unsigned"),
        );
        assert.match(
          denied.stderr,
          /^Policy: image docker\.io\/docker\/dockerfile:1\.22 is not allowed by default policy: a verified docker-github-builder signature is required for 1\.22 tag$/m,
        );
      }
      assert.equal((await build(env, "--policy", "disabled=true", "unsigned")).code, 0);
      assert.equal((await build({ BUILDX_DEFAULT_POLICY: "x" }, "unsigned")).code, 0);
    });
    await t.step("`artifact_attestation` verifies downloads", async () => {
      const content = new TextEncoder().encode(crypto.randomUUID());
      const checksum = `sha256:${(await sha256(content)).toHex()}`;
      await using server = webServer(() => new Response(content));
      const other = `sha256:${"0".repeat(64)}`;
      for (const [name, about] of [["good", checksum], ["wrong", other]] as const) {
        const bundle = await signedBundle(instance, statement(about), { identity });
        await Deno.writeFile(space.path(`${name}.json`), bundle);
      }
      for (const [file, code] of [["good", 0], ["wrong", 1], ["none", 1]] as const) {
        space.write({
          "artifact.rego": policy(
            `docker_github_builder_bundle(input.http, "${file}.json", "docker/example")`,
          ),
        });
        const ran = await fairlead("policy", "eval", "-f", "artifact", `${server.url}/file`);
        assert.equal(ran.code, code, `${file}: ${ran.stderr}`);
      }
    });
  },
);
