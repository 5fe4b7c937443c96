import assert from "node:assert/strict";
import { sha256Of } from "../buildkit/registry/digest.ts";
import { combine } from "./combine.ts";
import { parseLocation } from "./location.ts";

const docker = "application/vnd.docker.distribution.manifest.v2+json";
const oci = "application/vnd.oci.image.manifest.v1+json";
const index = "application/vnd.oci.image.index.v1+json";
const none = new Uint8Array();
const location = parseLocation("registry.example/a");
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (mediaType: string, letter: string, architecture: string) => ({
  // Fields that no descriptor has, and an order that isn't Go's.
  ...{ extra: 1, size: 5, digest: digest(letter), mediaType },
  platform: { os: "linux", architecture },
});
const indexOf = (manifests: object[]) => ({
  location,
  descriptor: { mediaType: index, digest: digest("f"), size: 1 },
  bytes: new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests })),
});

Deno.test("members of indexes come in order, each once, and as Go writes them", async () => {
  const attested = { ...image(oci, "b", "unknown"), annotations: { z: "1", a: "<2>" } };
  const { bytes, descriptor } = await combine(
    [
      indexOf([image(oci, "a", "amd64"), attested]),
      indexOf([{ ...image(oci, "a", "amd64"), annotations: { more: "yes" } }]),
      { location, descriptor: image(oci, "c", "arm64"), bytes: none },
    ],
    [],
    false,
  );
  const text = new TextDecoder().decode(bytes);
  assert.equal(
    text,
    `{
  "schemaVersion": 2,
  "mediaType": "${index}",
  "manifests": [
    {
      "mediaType": "${oci}",
      "digest": "${digest("a")}",
      "size": 5,
      "annotations": {
        "more": "yes"
      },
      "platform": {
        "architecture": "amd64",
        "os": "linux"
      }
    },
    {
      "mediaType": "${oci}",
      "digest": "${digest("b")}",
      "size": 5,
      "annotations": {
        "a": "\\u003c2\\u003e",
        "z": "1"
      },
      "platform": {
        "architecture": "unknown",
        "os": "linux"
      }
    },
    {
      "mediaType": "${oci}",
      "digest": "${digest("c")}",
      "size": 5,
      "platform": {
        "architecture": "arm64",
        "os": "linux"
      }
    }
  ]
}`,
  );
  assert.deepEqual(descriptor, {
    mediaType: index,
    size: bytes.length,
    digest: await sha256Of(bytes),
  });
});

Deno.test("docker's manifests alone make a docker list, which has no annotations", async () => {
  const told = [
    { type: "index", platform: "", key: "a", value: "b" },
    { type: "manifest-descriptor", platform: "", key: "c", value: "d" },
  ];
  const both = [image(docker, "a", "amd64"), image(docker, "b", "arm64")];
  const list = await combine(
    both.map((descriptor) => ({ location, descriptor, bytes: none })),
    told,
    false,
  );
  assert.equal(
    list.descriptor.mediaType,
    "application/vnd.docker.distribution.manifest.list.v2+json",
  );
  assert.doesNotMatch(new TextDecoder().decode(list.bytes), /annotations/);
});

Deno.test("annotations go to the index, to all descriptors, or to those of a platform", async () => {
  const sources = [image(oci, "a", "amd64"), image(docker, "b", "arm64")]
    .map((descriptor) => ({ location, descriptor, bytes: none }));
  const { bytes } = await combine(sources, [
    { type: "index", platform: "", key: "b", value: "1" },
    { type: "index", platform: "", key: "a", value: "2" },
    { type: "manifest-descriptor", platform: "", key: "all", value: "x" },
    { type: "manifest-descriptor", platform: "linux/arm64", key: "arm", value: "y" },
  ], false);
  const made = JSON.parse(new TextDecoder().decode(bytes));
  assert.equal(JSON.stringify(made.annotations), '{"a":"2","b":"1"}');
  assert.deepEqual(made.manifests.map(({ annotations }: { annotations: object }) => annotations), [
    { all: "x" },
    { all: "x", arm: "y" },
  ]);
});
