import type { Client } from "../../../buildkit/client.ts";
import { wholeBlob } from "../../../buildkit/content.ts";
import type { Attachment } from "../records/attachments.ts";
import { fields, items, textOf } from "../records/json_fields.ts";

/** An input of a build from elsewhere, by its provenance. */
export interface Material {
  readonly URI: string;
  /** `sha256:…` */
  readonly Digests: readonly string[];
}

/** The materials that the first provenance lists; none without one. */
export async function materialsOf(
  client: Client,
  attachments: readonly Attachment[],
  signal: AbortSignal,
): Promise<Material[]> {
  const provenance = attachments.find(({ type }) =>
    type.startsWith("https://slsa.dev/provenance/")
  );
  if (provenance === undefined) return [];
  const json = await wholeBlob(client, provenance.digest, { signal });
  try {
    return materialsIn(JSON.parse(new TextDecoder().decode(json)));
  } catch (cause) {
    throw new Error(`failed to unmarshal provenance ${provenance.digest}`, { cause });
  }
}

/** The materials of a predicate: SLSA 1 has `resolvedDependencies`, SLSA 0.2 has `materials`. */
export function materialsIn(predicate: unknown): Material[] {
  const { materials, buildDefinition } = fields(predicate);
  const list = fields(buildDefinition)["resolvedDependencies"] ?? materials;
  return items(list).map((material) => {
    const { uri, digest } = fields(material);
    return {
      URI: typeof uri === "string" ? uri : "",
      Digests: Object.entries(fields(digest)).map(([name, value]) => `${name}:${textOf(value)}`)
        .sort(),
    };
  });
}
