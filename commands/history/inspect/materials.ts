import type { Client } from "../../../buildkit/client.ts";
import { wholeBlob } from "../../../buildkit/content.ts";
import type { Attachment } from "../records/attachments.ts";
import { fieldsOf, itemsOf, textOf } from "../../../base/json.ts";

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
  const { materials, buildDefinition } = fieldsOf(predicate);
  const list = fieldsOf(buildDefinition)["resolvedDependencies"] ?? materials;
  return itemsOf(list).map((material) => {
    const { uri, digest } = fieldsOf(material);
    return {
      URI: typeof uri === "string" ? uri : "",
      Digests: Object.entries(fieldsOf(digest)).map(([name, value]) => `${name}:${textOf(value)}`)
        .sort(),
    };
  });
}
