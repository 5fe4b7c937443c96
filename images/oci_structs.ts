/** The structs of Go's OCI library (image-spec/specs-go/v1), as templates name their fields. */
import { parseZonedMoment } from "../base/go/time.ts";
import { makeStruct, type StructType } from "../base/go/template/struct.ts";
import { GoTime } from "../base/go/template/time.ts";

const platform: StructType = [
  { name: "Architecture", tag: "architecture", type: "string", always: true },
  { name: "OS", tag: "os", type: "string", always: true },
  { name: "OSVersion", tag: "os.version", type: "string" },
  { name: "OSFeatures", tag: "os.features", type: "list" },
  { name: "Variant", tag: "variant", type: "string" },
];

/** A descriptor. */
export const descriptorStruct: StructType = [
  { name: "MediaType", tag: "mediaType", type: "string", always: true },
  { name: "Digest", tag: "digest", type: "string", always: true },
  { name: "Size", tag: "size", type: "int", always: true },
  { name: "URLs", tag: "urls", type: "list" },
  { name: "Annotations", tag: "annotations", type: "map" },
  { name: "Data", tag: "data", type: "string" },
  { name: "Platform", tag: "platform", type: { pointer: platform } },
  { name: "ArtifactType", tag: "artifactType", type: "string" },
];

/** An index with its own digest and size, as `imagetools inspect` shows it. */
export const shownIndexStruct: StructType = [
  { name: "SchemaVersion", tag: "schemaVersion", type: "int", always: true },
  { name: "MediaType", tag: "mediaType", type: "string" },
  { name: "Digest", tag: "digest", type: "string", always: true },
  { name: "Size", tag: "size", type: "int", always: true },
  { name: "Manifests", tag: "manifests", type: { listOf: descriptorStruct }, always: true },
  { name: "Annotations", tag: "annotations", type: "map" },
];

/** An index in its written form. */
export const indexStruct: StructType = [
  { name: "SchemaVersion", tag: "schemaVersion", type: "int", always: true },
  { name: "MediaType", tag: "mediaType", type: "string" },
  { name: "ArtifactType", tag: "artifactType", type: "string" },
  { name: "Manifests", tag: "manifests", type: { listOf: descriptorStruct }, always: true },
  { name: "Subject", tag: "subject", type: { pointer: descriptorStruct } },
  { name: "Annotations", tag: "annotations", type: "map" },
];

function time(json: unknown): GoTime | null {
  const time = parseZonedMoment(String(json));
  return time === undefined ? null : new GoTime(time.moment, time.offset);
}

const config: StructType = [
  { name: "User", type: "string" },
  { name: "ExposedPorts", type: "set" },
  { name: "Env", type: "list" },
  { name: "Entrypoint", type: "list" },
  { name: "Cmd", type: "list" },
  { name: "Volumes", type: "set" },
  { name: "WorkingDir", type: "string" },
  { name: "Labels", type: "map" },
  { name: "StopSignal", type: "string" },
  { name: "ArgsEscaped", type: "bool" },
];

/** An image's configuration. */
const image: StructType = [
  { name: "Created", tag: "created", type: time },
  { name: "Author", tag: "author", type: "string" },
  { name: "Platform", type: { struct: platform, inline: true } },
  { name: "Config", tag: "config", type: { struct: config }, always: true },
  {
    name: "RootFS",
    tag: "rootfs",
    always: true,
    type: {
      struct: [
        { name: "Type", tag: "type", type: "string", always: true },
        { name: "DiffIDs", tag: "diff_ids", type: "list", always: true },
      ],
    },
  },
  {
    name: "History",
    tag: "history",
    type: {
      listOf: [
        { name: "Created", tag: "created", type: time },
        { name: "CreatedBy", tag: "created_by", type: "string" },
        { name: "Author", tag: "author", type: "string" },
        { name: "Comment", tag: "comment", type: "string" },
        { name: "EmptyLayer", tag: "empty_layer", type: "bool" },
      ],
    },
  },
];

/** Reads an image's configuration from its JSON. */
export const imageValue = (json: unknown): object => makeStruct(image, json);
