/**
 * `imagetools create`, compared with buildx: the same output, byte for byte, and the same images in
 * registries.
 */
import { deepEqual, match, ok } from "node:assert/strict";
import { alike, workspace } from "../build/workspace.ts";
import { filesBelow } from "../harness/temp_folder.ts";
import { makeCerts } from "../harness/certs.ts";
import { startRegistry } from "../harness/registry.ts";
import { client, json, pushImage, ref } from "../registry/world.ts";
import { ignore, locked, same, sameImage, shared, world } from "./images.ts";
import { fails, succeeds } from "../harness/ended.ts";

const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

test("create --dry-run, and what it refuses", async () => {
  const { space, several, single, docker, base } = await world();
  await using _ = space;
  const inspect = ["imagetools", "inspect", single, "--format", "{{json .Manifest}}"];
  const { stdout: digest } = await space.buildx(inspect);
  const artifact = { ...JSON.parse(digest), artifactType: "application/x.y", data: "e30=" };
  space.write({
    "desc.json": digest,
    "index.json": '{"schemaVersion":2}',
    "artifact.json": JSON.stringify(artifact),
  });
  const { digest: bare } = JSON.parse(digest);
  const cases = [
    [single],
    [several],
    [docker],
    [single, docker],
    [several, docker, "--prefer-index=false"],
    [docker, "--prefer-index=false"],
    [several, "-p", "linux/arm64,linux/arm/v7"],
    [several, "-p", "linux/s390x"],
    [single, "--prefer-index=false", "-p", "linux/arm64"],
    [single, "--annotation", "index:x=y<z", "--annotation", "manifest-descriptor[linux/amd64]:q=1"],
    [single, "--annotation", "x=y"],
    [single, "--annotation", "a"],
    [single, "--annotation", "nope:a=b"],
    [single, "--annotation", "index-descriptor:x=y"],
    ["--append", "-t", several, docker],
    ["-t", single, bare],
    ["-f", "desc.json", "-t", single],
    ["-f", "index.json", "-t", single],
    ["-f", "artifact.json", "-t", single],
    [`${base}/nope`],
    ["sha256:abc"],
    [bare],
    [single, docker, bare],
    [],
  ];
  for (const args of cases) await same(space, ["create", "--dry-run", ...args]);
  for (
    const wrong of ['"size":"5"', '"annotations":{"a":1}', '"platform":"x"', '"mediaType":1']
  ) {
    const args = ["create", "--dry-run", "-t", single, `{"digest":"${bare}",${wrong}}`];
    await fails(space.buildx(["imagetools", ...args]));
    const ours = await fails(space.fairlead(["imagetools", ...args]));
    match(ours.stderr, /^ERROR: failed to parse source .* invalid descriptor: \w+ is /m);
  }
  await same(space, ["create", single]);
  await same(space, ["create", "-t", single, "--progress", "nope", single]);
  await same(space, ["create", "-t", "UPPER", single]);
});

test("create, in the same registry and in one with a password", async () => {
  const { space, several, single, docker, base } = await world();
  await using _ = space;
  for (const to of [base, `${locked!.host}/x`]) {
    await sameImage(space, to, [several, docker]);
    await sameImage(space, to, [single, "--prefer-index=false"]);
    await sameImage(space, to, [several, "-p", "linux/arm64"]);
  }
  const refused = await fails(space.fairlead(
    ["imagetools", "create", "-t", `${locked!.host}/x:1`, single, "--progress", "none"],
    { DOCKER_CONFIG: space.path("nowhere") },
  ));
  match(refused.stderr, /^ERROR: copy sha256:.*access denied/m);
  match(refused.stderr, new RegExp(`^hint: there is no login for ${locked!.host}`, "m"));
});

test("create takes along what only refers to an image: attestations and signatures", async () => {
  const { space, base } = await world();
  await using _ = space;
  using registries = client();
  const name = `${base}/referred:1`;
  const to = registries.writer(ref(name));
  const image = await pushImage(registries, name);
  const config = await json("application/vnd.oci.empty.v1+json", {});
  await to.putBlob(config.descriptor, () => Promise.resolve(new Blob([config.bytes]).stream()));
  const types = [
    "application/vnd.docker.attestation.manifest.v1+json",
    "application/vnd.dev.cosign.artifact.sig.v1+json",
    "application/vnd.example.other",
  ];
  const referrers = await Promise.all(types.map(async (artifactType) => {
    const manifest = await json("application/vnd.oci.image.manifest.v1+json", {
      ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json" },
      ...{ artifactType, config: config.descriptor, layers: [], subject: image.descriptor },
    });
    await to.putManifest(manifest.descriptor, manifest.bytes);
    return { ...manifest.descriptor, artifactType };
  }));
  // As clients keep them for a registry without the API of referrers, which Debian's is.
  const index = await json("application/vnd.oci.image.index.v1+json", {
    ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json" },
    manifests: referrers,
  });
  await to.putManifest(index.descriptor, index.bytes, image.descriptor.digest.replace(":", "-"));

  const { stdout } = await same(space, ["create", "--dry-run", name]);
  match(stdout, /"vnd.docker.reference.type": "attestation-manifest"/);
  await sameImage(space, base, [name]);
  await sameImage(space, base, [name, "--prefer-index=false"]);
  const copy = `${base}/copy:1`;
  await succeeds(space.fairlead(["imagetools", "create", "-t", copy, name]));
  const there = await Promise.all(
    referrers.map((each) => registries.writer(ref(copy)).has(each)),
  );
  deepEqual(there, [true, true, false], "of what it doesn't know, as the peer, nothing");

  // Into layouts, from there into another, and back into the registry: they are still there.
  for (const flag of ["--prefer-index=false", "--prefer-index"]) {
    await alike(async (program) => {
      const [first, second, third] = [1, 2, 3].map((nth) => `${program}${nth}${flag.length}`);
      const create = async (to: string, from: string) => {
        const args = ["imagetools", "create", flag, "-t", to, from, "--progress", "none"];
        await succeeds(space[program](args));
      };
      await create(`oci-layout://${first}:v1`, name);
      await create(`oci-layout://${second}:v2`, `oci-layout://${first}:v1`);
      // The command runs again: an entry that is already listed is not listed twice.
      if (program === "fairlead") await create(`oci-layout://${first}:v1`, name);
      await create(`${base}/${third}:1`, `oci-layout://${second}:v2`);
      const back = registries.writer(ref(`${base}/${third}:1`));
      const signed = await Promise.all(referrers.map((each) => back.has(each)));
      deepEqual(signed, [true, true, false], `${program} ${flag}`);
      return [contentsOf(space.path(first!)), contentsOf(space.path(second!))];
    }, flag);
  }
});

test("OCI layouts, there and back", async () => {
  const { space, several, single, base } = await world();
  await using _ = space;
  await alike(async (program) => {
    const args = ["imagetools", "create", "-t", `oci-layout://${program}:v1`, several];
    await succeeds(space[program]([...args, "--progress", "none"]));
    return tree(space.path(program));
  });
  const { stdout } = await space.buildx([
    ...["imagetools", "inspect", single, "--format", "{{json .Manifest}}"],
  ]);
  const { digest } = JSON.parse(stdout);
  await alike(async (program) => {
    const to = `oci-layout://${program}-pinned@${digest}`;
    const args = ["imagetools", "create", "--prefer-index=false", "-t", to, single];
    await succeeds(space[program]([...args, "--progress", "none"]));
    return tree(space.path(`${program}-pinned`));
  });
  await same(space, ["inspect", "--raw", "oci-layout://fairlead:v1"]);
  await same(space, ["inspect", "oci-layout://buildx:v1", "--format", "{{json .}}"]);
  await same(space, ["inspect", "oci-layout://buildx:v2"]);
  await sameImage(space, base, ["oci-layout://fairlead:v1"]);
});

test("a builder's buildkitd.toml says how registries are asked", async () => {
  await using space = await workspace(shared!.address);
  await using certs = await makeCerts();
  await using registry = await startRegistry({ tls: certs.server });
  using registries = client({
    configs: { [registry.host]: { http: false, ca: [await Deno.readTextFile(certs.ca.cert)] } },
  });
  const name = `${registry.host}/a:1`;
  await pushImage(registries, name);
  space.write({
    "b.toml": `[registry."${registry.host}"]\n  http = false\n  ca = ["${certs.ca.cert}"]\n`,
    "i.toml": `[registry."${registry.host}"]\n  http = false\n  insecure = true\n`,
  });
  // buildx makes no such builder without an engine that answers; it needs no more of it than that.
  await using _ = Deno.serve(
    { path: space.path("engine.sock"), onListen() {} },
    ({ url }) =>
      Response.json({ message: "no such container" }, {
        status: url.includes("/containers/") ? 404 : 200,
        headers: { "api-version": "1.50" },
      }),
  );
  const driver = ["--driver", "docker-container", `unix://${space.path("engine.sock")}`];
  for (const [builder, file] of [["b", "b.toml"], ["i", "i.toml"]] as const) {
    await succeeds(space.buildx(["create", "--name", builder, "--config", file, ...driver]));
    // buildx 0.36 reads the same, and then asks with a client that knows nothing of it.
    await succeeds(space.fairlead(["imagetools", "--builder", builder, "inspect", name]));
  }
  const plain = await fails(space.fairlead(["imagetools", "inspect", name]));
  match(plain.stderr, /expects TLS, but the request had none/);
  const nope = await space.fairlead(["imagetools", "inspect", "--builder", "nope", name]);
  match(nope.stderr, /no builder "nope" found/);
});

/** A layout's blobs, and the entries of its index in an order of their own. */
function contentsOf(folder: string) {
  const { "index.json": index, ...files } = tree(folder);
  const { manifests, ...rest } = JSON.parse(index!);
  manifests.sort((a: { digest: string }, b: { digest: string }) => a.digest < b.digest ? -1 : 1);
  return { manifests, rest, files: Object.keys(files).sort() };
}

/** Files and what is in them, without the folder that only the peer makes. */
function tree(folder: string): Record<string, string> {
  const paths = filesBelow(folder).filter((path) => !path.startsWith("ingest/"));
  ok(paths.length > 3);
  return Object.fromEntries(
    paths.sort().map((path) => [path, Deno.readTextFileSync(`${folder}/${path}`)]),
  );
}
