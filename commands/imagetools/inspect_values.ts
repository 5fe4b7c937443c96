/** The values for the templates of `imagetools inspect`. */
import { type Descriptor, isIndex, isManifest } from "../../buildkit/registry/descriptor.ts";
import { makeStruct, type StructType } from "../../base/go/template/struct.ts";
import type { Assets } from "../../images/assets.ts";
import { descriptorStruct, imageValue, shownIndexStruct } from "../../images/oci_structs.ts";

/** The predicates of the attestations, if the template asks for them. */
export interface Predicates {
  readonly sbom: ReadonlyMap<string, readonly unknown[]>;
  readonly provenance: ReadonlyMap<string, readonly unknown[]>;
}

const sbomStruct: StructType = [
  { name: "SPDX", type: "any" },
  { name: "AdditionalSPDXs", type: "any" },
];
const provenanceStruct: StructType = [{ name: "SLSA", type: "any" }];

/**
 * Gives the value of `.`: for several platforms, Image, SBOM and Provenance are maps by platform.
 */
export function inspectValue(
  name: string,
  descriptor: Descriptor,
  index: object,
  assets: Assets,
  { sbom, provenance }: Predicates,
): object {
  const images = new Map([...assets.images].map(([at, json]) => [at, imageValue(json)]));
  const several = images.size > 1;
  const pick = (values: ReadonlyMap<string, object>, none: object | undefined) =>
    several ? values : [...values.values()][0] ?? none;
  const value = {
    Name: name,
    Manifest: manifestValue(descriptor, index),
    Image: pick(images, undefined) ?? null,
  };
  const sboms = byPlatform(
    sbom,
    ([first, ...more]) => makeStruct(sbomStruct, { SPDX: first, AdditionalSPDXs: more }),
  );
  const provenances = byPlatform(
    provenance,
    (all) => makeStruct(provenanceStruct, { SLSA: all.at(-1) }),
  );
  return hidden(value, {
    SBOM: pick(sboms, makeStruct(sbomStruct, { AdditionalSPDXs: [] })),
    Provenance: pick(provenances, makeStruct(provenanceStruct, {})),
    toJSON: () => ({
      name,
      ...value.Manifest !== undefined && { manifest: value.Manifest },
      ...value.Image !== null && images.size > 0 && { image: value.Image },
    }),
  });
}

function manifestValue(descriptor: Descriptor, index: object): object | undefined {
  const { mediaType, digest, size } = descriptor;
  if (isManifest(mediaType)) return makeStruct(descriptorStruct, descriptor);
  return isIndex(mediaType) ? makeStruct(shownIndexStruct, { ...index, digest, size }) : undefined;
}

function byPlatform(
  predicates: ReadonlyMap<string, readonly unknown[]>,
  make: (all: readonly unknown[]) => object,
): ReadonlyMap<string, object> {
  return new Map([...predicates].map(([platform, all]) => [platform, make(all)]));
}

/** Adds Go's methods, which templates can call, and which are not printed with the fields. */
function hidden(value: object, methods: Record<string, unknown>): object {
  for (const [name, method] of Object.entries(methods)) {
    Object.defineProperty(value, name, { value: method, enumerable: false });
  }
  return value;
}
