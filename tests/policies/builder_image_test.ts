/** `BUILDX_DEFAULT_POLICY` and the image of a docker-container builder, on a real engine. */
import assert from "node:assert/strict";
import { programs } from "../build/workspace.ts";
import { engineSpace } from "../drivers/engine.ts";
import { dockerEngine } from "../harness/dockerd.ts";
import { skip } from "../harness/skip.ts";
import { ignore as unable, shared } from "../operate/images.ts";
import { engineFront } from "./engine_front.ts";
import { engineModule, signatureModulePath } from "./engine_module.ts";
import { signedImage } from "./sigstore/image.ts";
import { dockerBuilder, makeInstance, type SignOptions } from "./sigstore/instance.ts";
import { newKeys } from "./sigstore/keys.ts";
import { pushSigned } from "./sigstore/push.ts";
import { writeTrust } from "./sigstore/verifier.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = unable || skip((await dockerEngine("sid")).reason);

Deno.test({ name: "the image of a new builder is verified, and pinned", ignore }, async (t) => {
  await using space = await engineSpace({ engine: "sid", init: true });
  await using _front = engineFront({
    socket: space.path("front"),
    engine: space.engine.socket,
    buildkit: shared!.address.replace("unix://", ""),
  });
  const env = {
    FAIRLEAD_POLICY_ENGINE: await engineModule(),
    FAIRLEAD_POLICY_SIGNATURES: await signatureModulePath(),
    BUILDX_DEFAULT_POLICY: "1",
    DOCKER_HOST: `unix://${space.path("front")}`,
  };
  const instance = await makeInstance();
  await writeTrust(space.path("mirror"), instance);
  await succeeds(space.fairlead([
    ...["policy", "trust", "--root", "mirror/1.root.json", "--from", "mirror"],
  ], env));
  // The registry is docker.io's mirror for the daemon; the engine has the images already.
  const source = `${shared!.registry}/moby/buildkit`;
  const digests = new Map<string, string>();
  const by = (tag: string) => dockerBuilder("moby/buildkit", `refs/tags/${tag}`);
  const images: Readonly<Record<string, SignOptions>> = {
    "v0.30.1": { identity: by("v0.30.1") },
    "v0.30.2": { identity: by("v0.30.1") },
    "v0.30.3": { identity: by("v0.30.3"), signingKeys: await newKeys() },
  };
  for (const [tag, options] of Object.entries(images)) {
    const image = await signedImage(instance, options);
    await pushSigned(source, tag, image);
    digests.set(tag, image.root);
    await space.engine.docker("pull", `${source}:${tag}`);
    for (const name of ["moby/buildkit", "elsewhere/buildkit"]) {
      await space.engine.docker("tag", `${source}:${tag}`, `${name}:${tag}`);
    }
  }
  let number = 0;
  /** The end of a boot with an image: these images can't run, so the container's start fails. */
  async function boot(
    program: typeof programs[number],
    image: string,
    more: Record<string, string> = {},
    ...options: string[]
  ) {
    const name = `b${number++}`;
    const create = ["create", "--name", name, "--driver=docker-container"].concat(
      [`image=${image}`, "restart-policy=no", ...options].map((one) => `--driver-opt=${one}`),
    );
    const all = { ...env, ...more };
    await succeeds(space[program](create, all));
    const { stderr } = await fails(space[program](["inspect", "--bootstrap", name], all));
    await space[program](["rm", "-f", name], all);
    return stderr;
  }
  const signed = `docker.io/moby/buildkit:v0.30.1@${digests.get("v0.30.1")}`;
  await t.step("signed by the release that its tag names", async () => {
    const stderr = await boot("fairlead", "moby/buildkit:v0.30.1");
    assert.match(stderr, new RegExp(`verifying image ${signed.replaceAll(".", "\\.")}`));
    assert.match(stderr, /creating container/);
    assert.doesNotMatch(stderr, /failed to verify/);
  });
  await t.step("another release's signature, and a forged one", async () => {
    for (const tag of ["v0.30.2", "v0.30.3"]) {
      const stderr = await boot("fairlead", `moby/buildkit:${tag}`);
      const reference = `docker\\.io/moby/buildkit:${tag}@${digests.get(tag)}`;
      const refusal = new RegExp(
        `failed to verify image ${reference}: image ${reference} is not allowed by default policy: ` +
          `a verified docker-github-builder signature is required for ${tag} tag$`,
        "m",
      );
      assert.match(stderr, refusal);
      assert.doesNotMatch(stderr, /creating container/);
      // buildx has no trust root here, so it refuses any of them, in the same words.
      if (tag === "v0.30.2") assert.match(await boot("buildx", `moby/buildkit:${tag}`), refusal);
    }
  });
  await t.step(
    "no check: other repositories, the option, no variable, a digest alone",
    async () => {
      const forged = "moby/buildkit:v0.30.3";
      const unchecked: [image: string, more: Record<string, string>, ...options: string[]][] = [
        ["elsewhere/buildkit:v0.30.3", {}],
        [forged, {}, "allow-untrusted-image=true"],
        [forged, { BUILDX_DEFAULT_POLICY: "" }],
        [`moby/buildkit@${digests.get("v0.30.3")}`, {}],
      ];
      for (const [image, more, ...options] of unchecked) {
        for (const program of programs) {
          const stderr = await boot(program, image, more, ...options);
          assert.doesNotMatch(stderr, /verif/, `${program} ${image}`);
          assert.match(stderr, /creating container/);
        }
      }
    },
  );
  await t.step("an engine whose BuildKit can't find signatures", async () => {
    const own = { DOCKER_HOST: space.engine.address };
    const stderr = await boot("fairlead", "moby/buildkit:v0.30.1", own);
    assert.match(stderr, /failed to verify image docker\.io\/moby\/buildkit:v0\.30\.1@sha256:/);
    assert.match(stderr, /the daemon does not support resolving it$/m);
    assert.match(stderr, /^hint: .* allow-untrusted-image=true$/m);
    assert.doesNotMatch(stderr, /creating container/);
  });
});
