/**
 * Facts about a build's steps, from the provenance that the daemon attaches to the record of a
 * finished build.
 */
import type { Client } from "../../../buildkit/client.ts";
import { wholeBlob } from "../../../buildkit/content.ts";
import type { SourceLine } from "../../../progress/timeline/timeline.ts";
import { type Material, materialsIn } from "../inspect/materials.ts";
import type { Attachment } from "./attachments.ts";
import { fieldsOf, integerOf, itemsOf, textOf } from "../../../base/json.ts";
import { cut } from "../../../base/cut.ts";

/** An operation of the build's definition (LLB), as far as two of them can be compared. */
export interface Operation {
  /** `exec`, `file`, `source`, `merge`, `diff`, `build`; empty if the provenance doesn't say. */
  readonly kind: string;
  /** The environment of an `exec`, with the build arguments that the step uses. */
  readonly env: ReadonlyMap<string, string>;
  /** The identifier of a `source`: `docker-image://…@sha256:…`, `local://context`, `https://…`. */
  readonly identifier: string;
  /** The rest as JSON, for a comparison. */
  readonly rest: string;
}

/** A layer of the build's result. */
export interface Layer {
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes as they are stored. */
  readonly size: number;
}

export interface StepFacts {
  readonly operation: Operation;
  /** The identifiers of the sources that it reads directly. */
  readonly reads: readonly string[];
  readonly source?: SourceLine;
  /** The layer that the step made, if the result has it. */
  readonly layer?: Layer;
}

export interface Provenance {
  /** By the digest of the step's vertex. */
  readonly steps: ReadonlyMap<string, StepFacts>;
  readonly materials: readonly Material[];
}

/**
 * The facts of all provenances among a record's attachments: each platform has one. Undefined
 * without any; a provenance that can't be read counts as none.
 */
export async function provenanceOf(
  client: Client,
  attachments: readonly Attachment[],
  signal: AbortSignal,
): Promise<Provenance | undefined> {
  const digests = attachments.filter(({ type }) => type.startsWith("https://slsa.dev/provenance/"))
    .map(({ digest }) => digest);
  const found: Provenance[] = [];
  for (const digest of new Set(digests)) {
    const json = await wholeBlob(client, digest, { signal });
    try {
      found.push(readProvenance(JSON.parse(new TextDecoder().decode(json))));
    } catch {
      // The daemon's own documents can be read; another document is no help.
    }
  }
  if (found.length === 0) return undefined;
  return {
    steps: new Map(found.flatMap(({ steps }) => [...steps])),
    materials: found.flatMap(({ materials }) => materials),
  };
}

/**
 * Reads a predicate of SLSA 1 or 0.2 with BuildKit's extensions, which the daemon's own records
 * have in full (`mode=max`): the definition, its source lines and its layers. BuildKit describes
 * them in `docs/attestations/slsa-definitions.md`.
 */
export function readProvenance(predicate: unknown): Provenance {
  const { buildDefinition, buildConfig, runDetails, metadata } = fieldsOf(predicate);
  const config = fieldsOf(
    fieldsOf(fieldsOf(buildDefinition)["internalParameters"])["buildConfig"] ?? buildConfig,
  );
  const extension = fieldsOf(
    fieldsOf(fieldsOf(runDetails)["metadata"])["buildkit_metadata"] ??
      fieldsOf(metadata)["https://mobyproject.org/buildkit@v1#metadata"],
  );
  const source = fieldsOf(extension["source"]);
  const files = itemsOf(source["infos"]).map((info) => textOf(fieldsOf(info)["filename"]));
  const locations = fieldsOf(source["locations"]);
  const layers = fieldsOf(extension["layers"]);
  const definition = new Map(
    itemsOf(config["llbDefinition"]).map((json) => [textOf(fieldsOf(json)["id"]), fieldsOf(json)]),
  );
  const operations = new Map(
    [...definition].map(([id, step]) => [id, operationOf(step["op"])]),
  );
  const steps = new Map<string, StepFacts>();
  for (const [digest, id] of Object.entries(fieldsOf(config["digestMapping"]))) {
    const name = textOf(id);
    const operation = operations.get(name);
    if (operation === undefined) continue;
    const line = lineOf(locations[name], files);
    const layer = layerOf(layers[`${name}:0`]);
    const inputs = itemsOf(definition.get(name)?.["inputs"])
      .map((input) => textOf(input).replace(/:\d+$/, ""));
    steps.set(digest, {
      operation,
      reads: inputs.map((input) => operations.get(input)?.identifier ?? "")
        .filter((identifier) => identifier !== ""),
      ...line !== undefined && { source: line },
      ...layer !== undefined && { layer },
    });
  }
  return { steps, materials: materialsIn(predicate) };
}

function operationOf(json: unknown): Operation {
  const [kind = "", body] = Object.entries(fieldsOf(fieldsOf(json)["Op"] ?? json))[0] ?? [];
  const { meta, identifier, ...others } = fieldsOf(body);
  const { env, ...rest } = fieldsOf(meta);
  const pairs = itemsOf(env).map((entry): [string, string] => {
    const [name, value = ""] = cut(textOf(entry), "=");
    return [name, value];
  });
  return {
    kind,
    env: new Map(pairs),
    identifier: textOf(identifier),
    rest: JSON.stringify([others, rest]),
  };
}

function lineOf(json: unknown, files: readonly string[]): SourceLine | undefined {
  const [location] = itemsOf(fieldsOf(json)["locations"]).map(fieldsOf);
  const [range] = itemsOf(location?.["ranges"]).map(fieldsOf);
  const line = integerOf(fieldsOf(range?.["start"])["line"]);
  const file = files[integerOf(location?.["sourceIndex"])];
  return line > 0 && file !== undefined ? { file, line } : undefined;
}

/** The last layer of the last chain: those before it are of the steps below. */
function layerOf(json: unknown): Layer | undefined {
  const { digest, mediaType, size } = fieldsOf(itemsOf(itemsOf(json).at(-1)).at(-1));
  if (digest === undefined) return undefined;
  return { digest: textOf(digest), mediaType: textOf(mediaType), size: integerOf(size) };
}
