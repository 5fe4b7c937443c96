/** `imagetools inspect`, compared with buildx: the same output, byte for byte. */
import { equal } from "node:assert/strict";
import { client, json, pushImage, ref } from "../registry/world.ts";
import { ignore, same, world } from "./images.ts";

Deno.test({ ignore, name: "inspect" }, async () => {
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
  /** The constructs of Go's text/template besides fields. */
  const language = [
    '{{define "t"}}<{{.}}>{{end}}{{template "t" .Name}}{{block "b" 1}}{{.}}{{end}}{{$x := 1}}' +
    "{{range $i, $h := .Image.History}}{{if eq $h.CreatedBy ``}}{{continue}}{{end}}{{$i}}" +
    "{{$x = $h.CreatedBy}}{{if gt $i 1}}{{break}}{{end}}{{end}}{{$x}}{{range 3}}{{.}}{{end}}",
    "{{.Image.Created.Unix}} {{.Image.Created.Format `Mon Jan _2 15:04:05.999 2006 Z07:00`}} " +
    "{{.Manifest.Digest.Algorithm}} {{.Manifest.Digest.Encoded}} {{index .Name 0}} " +
    "{{slice .Name 2 5}} {{json (index .Image.Config.Labels `none`)}} {{or true .Nope.Nope}}",
    "{{print 1 2 `a` 3}} {{html .Image.Config.Labels}} {{js `<='`}} {{urlquery `a b/`}} {{'a'}} " +
    "{{printf `%q %x %-9s|%T %05d %X %b %c %U %e %g %+d %6.2f %*d %z %` .Image.Config.Env " +
    ".Name `a` .Name 10 255 5 65 65 1.5 1.5 3 1.234 5 9 1}}",
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
      const format of [
        ...formats.slice(0, 2),
        formats[3]!,
        ...name === several ? many : [...one, ...language],
      ]
    ) {
      await same(space, ["inspect", name, "--format", format]);
    }
  }
  await same(space, ["inspect", single, "--format", formats[2]!]);
  await same(space, ["inspect", "--raw", "--format", "x", single]);
  await same(space, ["inspect", `${single}0`]);
  await same(space, ["inspect", "UPPER"]);
  await same(space, ["inspect", `${single.split("@")[0]}@sha256:abc`]);
});

Deno.test({ ignore, name: "inspect shows an SBOM, and several" }, async () => {
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
});
