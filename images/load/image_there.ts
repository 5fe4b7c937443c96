import { askEngine, type EngineEndpoint } from "../../transports/engine/docker_engine.ts";
import type { DialContext } from "../../transports/transport.ts";
import {
  parseReference,
  repositoryName,
  withDefaultTag,
} from "../../buildkit/registry/reference.ts";

/** An image in an engine. */
interface EngineImage {
  readonly engine: EngineEndpoint;
  /** The image's id in the engine; undefined when the exporter didn't name it. */
  readonly id: string | undefined;
}

/**
 * @param metadata the exporter's message before the image: `containerimage.digest` …
 * @param containerd true when the engine keeps images in containerd, by their manifests' digests
 */
export function imageIn(
  engine: EngineEndpoint,
  metadata: Readonly<Record<string, string>>,
  containerd: boolean,
): EngineImage {
  const id = metadata[containerd ? "containerimage.digest" : "containerimage.config.digest"];
  return { engine, id: id !== undefined && /^[a-z0-9]+:[0-9a-f]{32,}$/.test(id) ? id : undefined };
}

/**
 * Asks whether the engine has the whole image already. An error counts as no, because the transfer
 * will meet the same error. Rejects only with the signal's reason.
 */
export async function isThere(
  { engine, id }: EngineImage,
  containerd: boolean,
  context: DialContext,
): Promise<boolean> {
  if (id === undefined) return false;
  try {
    // Engines before 28 don't list the parts of an index that they have.
    const path = `/images/${id}/json${containerd ? "?manifests=1" : ""}`;
    const image = await askEngine(engine, { method: "GET", path }, context);
    return !containerd || isWhole(image);
  } catch {
    context.signal.throwIfAborted();
    return false;
  }
}

/** Gives names to an image in the engine. Throws as `askEngine` does. */
export async function nameImage(
  { engine, id }: EngineImage,
  names: readonly string[],
  context: DialContext,
): Promise<void> {
  for (const text of names) {
    const reference = withDefaultTag(parseReference(text));
    const query = new URLSearchParams({ repo: repositoryName(reference), tag: reference.tag });
    await askEngine(engine, { method: "POST", path: `/images/${id}/tag?${query}` }, context);
  }
}

/** True when the engine has every manifest of the image with all its parts. */
function isWhole(image: unknown): boolean {
  const { Manifests } = (image ?? {}) as { Manifests?: unknown };
  return Array.isArray(Manifests) && Manifests.length > 0 &&
    Manifests.every(({ Available }: { Available?: unknown }) => Available === true);
}
