import { askEngine, type EngineEndpoint } from "../../transports/engine/docker_engine.ts";
import type { DialContext } from "../../transports/transport.ts";
import { fullImageName, splitImageName } from "./image_name.ts";

/** An image in an engine. */
interface Placed {
  readonly engine: EngineEndpoint;
  /** What the engine knows it by; undefined where the exporter didn't tell. */
  readonly id: string | undefined;
}

/**
 * @param metadata what an exporter tells before it sends: `containerimage.digest` …
 * @param containerd the engine's images are containerd's, which knows them by their manifest
 */
export function placedIn(
  engine: EngineEndpoint,
  metadata: Readonly<Record<string, string>>,
  containerd: boolean,
): Placed {
  const id = metadata[containerd ? "containerimage.digest" : "containerimage.config.digest"];
  return { engine, id: id !== undefined && /^[a-z0-9]+:[0-9a-f]{32,}$/.test(id) ? id : undefined };
}

/**
 * Whether the engine has the image already, and all of it. What goes wrong in asking counts as no: the
 * transfer then meets it, too. Rejects with the signal's reason alone.
 */
export async function isThere(
  { engine, id }: Placed,
  containerd: boolean,
  context: DialContext,
): Promise<boolean> {
  if (id === undefined) return false;
  try {
    // Engines before 28 don't tell which parts of an index they have.
    const path = `/images/${id}/json${containerd ? "?manifests=1" : ""}`;
    const image = await askEngine(engine, { method: "GET", path }, context);
    return !containerd || isWhole(image);
  } catch {
    context.signal.throwIfAborted();
    return false;
  }
}

/** Gives an image that is there its names. Throws as `askEngine` does. */
export async function nameIt(
  { engine, id }: Placed,
  names: readonly string[],
  context: DialContext,
): Promise<void> {
  for (const text of names) {
    const { name, tag } = splitImageName(fullImageName(text));
    const query = new URLSearchParams({ repo: name, tag });
    await askEngine(engine, { method: "POST", path: `/images/${id}/tag?${query}` }, context);
  }
}

/** Every manifest of the image, and all that it names, is there. */
function isWhole(image: unknown): boolean {
  const { Manifests } = (image ?? {}) as { Manifests?: unknown };
  return Array.isArray(Manifests) && Manifests.length > 0 &&
    Manifests.every(({ Available }: { Available?: unknown }) => Available === true);
}
