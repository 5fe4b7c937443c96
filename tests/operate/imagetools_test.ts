/** `imagetools` beside buildx: the same output, byte for byte, and the same images in registries. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { makeCerts } from "../harness/certs.ts";
import { startRegistry } from "../harness/registry.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { client, json, pushImage, ref } from "../registry/world.ts";
import { withoutHints } from "./beside.ts";

const ignore = skip(
  needsRoot() ??
    await missing("buildkitd", "buildx", "runc", "busybox", "docker-registry", "openssl", "perl"),
);
const shared = ignore ? undefined : await sharedBuildkitd();
const login = { user: "me", password: "p4ss:w0rd" };
const locked = ignore ? undefined : await startRegistry({ password: login });

const dockerfile = `FROM scratch
COPY . /
LABEL a="x<y>&z"
ENV PATH=/bin
EXPOSE 80
`;

/** A workspace with images: of several platforms with provenance, of one, and of Docker's old kind. */
async function world() {
  const { address, registry } = shared!;
  const space = await workspace(address);
  space.write({
    "ctx/Dockerfile": dockerfile,
    "ctx/file": crypto.randomUUID(),
    ".docker/config.json": JSON.stringify({
      auths: { [locked!.host]: { auth: btoa(`${login.user}:${login.password}`) } },
    }),
  });
  const base = `${registry}/t${crypto.randomUUID().slice(0, 8)}`;
  const build = async (name: string, ...args: string[]) => {
    const { code, stderr } = await space.fairlead(["build", "-q", ...args, "ctx"]);
    equal(code, 0, `${name}: ${stderr}`);
    return `${base}/${name}:1`;
  };
  const several = await build(
    "several",
    ...["--push", "-t", `${base}/several:1`, "--platform", "linux/amd64,linux/arm64,linux/arm/v7"],
    ...["--provenance", "mode=max", "--annotation", "index,manifest-descriptor:org.x=y<z"],
  );
  const single = await build("single", "--push", "-t", `${base}/single:1`, "--provenance=false");
  const docker = await build(
    "docker",
    ...["-o", `type=image,push=true,oci-mediatypes=false,name=${base}/docker:1`],
    "--provenance=false",
  );
  return { space, base, several, single, docker };
}

/** Asserts that both say the same; of the one that fails, what stands above the hint. */
async function same(space: Workspace, args: readonly string[], env: Record<string, string> = {}) {
  const theirs = await space.buildx(["imagetools", ...args], env);
  const ours = withoutHints(await space.fairlead(["imagetools", ...args], env));
  deepEqual(ours, theirs, args.join(" "));
  return ours;
}

/** As `buildx imagetools create` and ours make it, under two names: the same image to the byte. */
async function sameImage(space: Workspace, base: string, args: readonly string[]) {
  const raw: string[] = [];
  const metadata: string[] = [];
  for (const [name, program] of [["theirs", space.buildx], ["ours", space.fairlead]] as const) {
    const to = `${base}/${name}${crypto.randomUUID().slice(0, 8)}`;
    const made = await program([
      ...["imagetools", "create", "-t", `${to}:1`, "-t", `${to}:2`, "--progress", "plain"],
      ...["--metadata-file", "meta.json", ...args],
    ]);
    equal(made.code, 0, made.stderr);
    match(made.stderr, new RegExp(`^#1 \\[internal\\] pushing ${to}$`, "m"));
    match(made.stderr, new RegExp(`pushing sha256:\\S+ to ${to}:2$`, "m"));
    raw.push((await space.buildx(["imagetools", "inspect", "--raw", `${to}:2`])).stdout);
    metadata.push(space.read("meta.json").replaceAll(to, "NAME"));
    // All of it is there: each configuration and each layer.
    equal(
      (await space.buildx(["imagetools", "inspect", `${to}:1`, "--format", "{{json .}}"])).code,
      0,
    );
  }
  equal(raw[1], raw[0], args.join(" "));
  equal(metadata[1], metadata[0], args.join(" "));
}

Deno.test({
  ignore,
  name: "inspect",
  async fn() {
    const { space, several, single, docker } = await world();
    await using _ = space;
    const formats = [
      "{{json .}}",
      "{{json .Manifest}} {{json .Image}} {{json .Provenance}} {{json .SBOM}}",
      "{{ .Manifest }}",
      "{{.Name}} {{.Manifest.Digest}} {{.Manifest.Size}} {{.Manifest.Annotations}}",
    ];
    const one = [
      "{{.Image}}",
      "{{.Image.Created}} {{.Image.Architecture}} {{.Image.Platform.OS}} {{.Image.Config.Labels}}",
      "{{.Provenance}} {{.SBOM}} {{.Manifest.Platform}}",
    ];
    const many = [
      "{{range $k,$v := .Image}}{{$k}} {{$v.Config.Env}} {{$v.RootFS}};{{end}}",
      '{{(index .Image "linux/arm64").Config.Labels}}',
      '{{(index .Provenance "linux/amd64").SLSA.buildDefinition.buildType}}',
      "{{range .Manifest.Manifests}}{{.Platform}} {{.Digest}};{{end}}",
    ];
    for (const name of [several, single, docker]) {
      // Annotations come in no order from the peer.
      const sorted = (text: string) => text.split("\n").sort().join("\n");
      const theirs = await space.buildx(["imagetools", "inspect", name]);
      const ours = await space.fairlead(["imagetools", "inspect", name]);
      equal(sorted(ours.stdout), sorted(theirs.stdout));
      await same(space, ["inspect", "--raw", name]);
      for (
        const format of [...formats.slice(0, 2), formats[3]!, ...name === several ? many : one]
      ) {
        await same(space, ["inspect", name, "--format", format]);
      }
    }
    await same(space, ["inspect", single, "--format", formats[2]!]);
    await same(space, ["inspect", "--raw", "--format", "x", single]);
    await same(space, ["inspect", `${single}0`]);
    await same(space, ["inspect", "UPPER"]);
    await same(space, ["inspect", `${single.split("@")[0]}@sha256:abc`]);
  },
});

Deno.test({
  ignore,
  name: "inspect shows an SBOM, and several",
  async fn() {
    const { space, base } = await world();
    await using _ = space;
    using registries = client();
    const name = `${base}/sbom:1`;
    const to = registries.writer(ref(name));
    const image = await pushImage(registries, name);
    const statement = (title: string) => ({
      predicate: { name: title, packages: [{ z: 1, a: "<" }] },
    });
    const envelope = { payload: btoa(JSON.stringify(statement("signed"))) };
    const spdx = { "in-toto.io/predicate-type": "https://spdx.dev/Document" };
    const layers = [
      await json("application/vnd.in-toto+json", statement("first")),
      await json("application/vnd.in-toto.spdx+dsse", envelope),
    ];
    const config = await json("application/vnd.oci.image.config.v1+json", {});
    for (const { descriptor, bytes } of [...layers, config]) {
      await to.putBlob(descriptor, () => Promise.resolve(new Blob([bytes]).stream()));
    }
    const attestation = await json("application/vnd.oci.image.manifest.v1+json", {
      ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json" },
      config: config.descriptor,
      layers: layers.map(({ descriptor }) => ({ ...descriptor, annotations: spdx })),
    });
    await to.putManifest(attestation.descriptor, attestation.bytes);
    const index = await json("application/vnd.oci.image.index.v1+json", {
      ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json" },
      manifests: [
        { ...image.descriptor, platform: { os: "linux", architecture: "amd64" } },
        {
          ...attestation.descriptor,
          annotations: { "vnd.docker.reference.digest": image.descriptor.digest },
          platform: { os: "unknown", architecture: "unknown" },
        },
      ],
    });
    await to.putManifest(index.descriptor, index.bytes, "1");
    for (
      const format of ["{{json .SBOM}}", "{{.SBOM.SPDX.name}}", "{{.SBOM}}", "{{json .Provenance}}"]
    ) {
      const { stdout } = await same(space, ["inspect", name, "--format", format]);
      if (format === "{{.SBOM.SPDX.name}}") equal(stdout, "first");
    }
  },
});

Deno.test({
  ignore,
  name: "create --dry-run, and what it refuses",
  async fn() {
    const { space, several, single, docker, base } = await world();
    await using _ = space;
    const digest =
      (await space.buildx(["imagetools", "inspect", single, "--format", "{{json .Manifest}}"]))
        .stdout;
    space.write({ "desc.json": digest, "index.json": '{"schemaVersion":2}' });
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
      [
        single,
        "--annotation",
        "index:x=y<z",
        "--annotation",
        "manifest-descriptor[linux/amd64]:q=1",
      ],
      [single, "--annotation", "x=y"],
      [single, "--annotation", "a"],
      [single, "--annotation", "nope:a=b"],
      [single, "--annotation", "index-descriptor:x=y"],
      ["--append", "-t", several, docker],
      ["-t", single, bare],
      ["-f", "desc.json", "-t", single],
      ["-f", "index.json", "-t", single],
      [`${base}/nope`],
      ["sha256:abc"],
      [bare],
      [single, docker, bare],
      [],
    ];
    for (const args of cases) await same(space, ["create", "--dry-run", ...args]);
    await same(space, ["create", single]);
    await same(space, ["create", "-t", single, "--progress", "nope", single]);
    await same(space, ["create", "-t", "UPPER", single]);
  },
});

Deno.test({
  ignore,
  name: "create, in the same registry and in one with a password",
  async fn() {
    const { space, several, single, docker, base } = await world();
    await using _ = space;
    for (const to of [base, `${locked!.host}/x`]) {
      await sameImage(space, to, [several, docker]);
      await sameImage(space, to, [single, "--prefer-index=false"]);
      await sameImage(space, to, [several, "-p", "linux/arm64"]);
    }
    const refused = await space.fairlead(
      ["imagetools", "create", "-t", `${locked!.host}/x:1`, single, "--progress", "none"],
      { DOCKER_CONFIG: space.path("nowhere") },
    );
    equal(refused.code, 1);
    match(refused.stderr, /^ERROR: copy sha256:.*access denied/);
    match(refused.stderr, new RegExp(`^hint: there is no login for ${locked!.host}`, "m"));
  },
});

Deno.test({
  ignore,
  name: "create takes along what only refers to an image: attestations and signatures",
  async fn() {
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
    const made = await space.fairlead(["imagetools", "create", "-t", copy, name]);
    equal(made.code, 0, made.stderr);
    const there = await Promise.all(
      referrers.map((each) => registries.writer(ref(copy)).has(each)),
    );
    deepEqual(there, [true, true, false], "of what it doesn't know, as the peer, nothing");
  },
});

Deno.test({
  ignore,
  name: "OCI layouts, there and back",
  async fn() {
    const { space, several, single, base } = await world();
    await using _ = space;
    for (const [name, program] of [["theirs", space.buildx], ["ours", space.fairlead]] as const) {
      const args = ["imagetools", "create", "-t", `oci-layout://${name}:v1`, several];
      const made = await program([...args, "--progress", "none"]);
      equal(made.code, 0, made.stderr);
    }
    deepEqual(tree(space.path("ours")), tree(space.path("theirs")));
    const { stdout } = await space.buildx([
      ...["imagetools", "inspect", single, "--format", "{{json .Manifest}}"],
    ]);
    const { digest } = JSON.parse(stdout);
    for (const [name, program] of [["theirs", space.buildx], ["ours", space.fairlead]] as const) {
      const to = `oci-layout://${name}-pinned@${digest}`;
      const args = ["imagetools", "create", "--prefer-index=false", "-t", to, single];
      const made = await program([...args, "--progress", "none"]);
      equal(made.code, 0, made.stderr);
    }
    deepEqual(tree(space.path("ours-pinned")), tree(space.path("theirs-pinned")));
    await same(space, ["inspect", "--raw", "oci-layout://ours:v1"]);
    await same(space, ["inspect", "oci-layout://theirs:v1", "--format", "{{json .}}"]);
    await same(space, ["inspect", "oci-layout://theirs:v2"]);
    await sameImage(space, base, ["oci-layout://ours:v1"]);
  },
});

Deno.test({
  ignore,
  name: "a builder's buildkitd.toml says how registries are asked",
  async fn() {
    await using space = await workspace(shared!.address);
    await using certs = await makeCerts();
    await using registry = await startRegistry({ tls: certs.server });
    using registries = client({
      configs: {
        [registry.host]: { http: false, ca: [await Deno.readTextFile(certs.ca.cert)] },
      },
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
      const made = await space.buildx(["create", "--name", builder, "--config", file, ...driver]);
      equal(made.code, 0, made.stderr);
      // buildx 0.36 reads the same, and then asks with a client that knows nothing of it.
      const found = await space.fairlead(["imagetools", "--builder", builder, "inspect", name]);
      equal(found.code, 0, found.stderr);
    }
    const plain = await space.fairlead(["imagetools", "inspect", name]);
    equal(plain.code, 1);
    match(plain.stderr, /speaks TLS and was asked without/);
    const nope = await space.fairlead(["imagetools", "inspect", "--builder", "nope", name]);
    match(nope.stderr, /no builder "nope" found/);
  },
});

/** Files and what is in them, without the folder that only the peer makes. */
function tree(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(`${folder}/${below}`)) {
    const path = `${below}${entry.name}`;
    if (entry.isDirectory && path !== "ingest") Object.assign(found, tree(folder, `${path}/`));
    else if (entry.isFile) found[path] = Deno.readTextFileSync(`${folder}/${path}`);
  }
  ok(below !== "" || Object.keys(found).length > 3);
  return found;
}
