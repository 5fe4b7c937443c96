/** Reads the sources of `imagetools create`: references, digests, and descriptors. */
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { digestProblem } from "../buildkit/registry/digest.ts";
import { fieldProblem } from "../buildkit/registry/manifest.ts";
import { quote } from "../base/go/quote.ts";
import { UsageError } from "../base/usage_error.ts";
import { latestOf, type Location, locationName, parseLocation, withDigest } from "./location.ts";

/** A source as it was typed: its location, or some fields of its descriptor, or both. */
interface TypedSource {
  readonly location?: Location;
  readonly known: Partial<Descriptor>;
  readonly text: string;
}

/** A source with its location; `known` holds the fields that the user gave. */
export interface Source {
  readonly location: Location;
  readonly known: Partial<Descriptor>;
}

/**
 * Reads sources. Those without a repository are looked for in the repository of the others, or of
 * the tags, provided that there is only one. Throws `UsageError`, in buildx's words.
 */
export function parseSources(texts: readonly string[], tags: readonly Location[]): Source[] {
  const typed = texts.map(parseSource);
  const named = typed.flatMap(({ location }) => location ?? []);
  const repositories = new Set([...tags, ...named].map(locationName));
  if (repositories.size === 0) {
    throw new UsageError("no repositories specified, please set a reference in tag or source");
  }
  const fallback = repositories.size === 1 ? named[0] ?? tags[0] : undefined;
  return typed.map(({ location, known, text }) => {
    if (location !== undefined) return { location, known };
    if (fallback === undefined) {
      throw new UsageError(
        `multiple repositories specified, cannot infer repository for ${quote(text)}`,
      );
    }
    const bare = known.mediaType === undefined && known.digest !== undefined;
    return { location: bare ? withDigest(fallback, known.digest!) : latestOf(fallback), known };
  });
}

function parseSource(text: string): TypedSource {
  try {
    if (/^sha(256|384|512):/.test(text)) {
      const problem = digestProblem(text);
      if (problem !== undefined) throw new Error(problem);
      return { known: { digest: text }, text };
    }
    if (text.startsWith("{")) return { known: parseDescriptor(text), text };
    return { location: parseLocation(text), known: {}, text };
  } catch (error) {
    throw new UsageError(
      `failed to parse source ${quote(text)}, valid sources are digests, references and ` +
        `descriptors: ${(error as Error).message}`,
    );
  }
}

function parseDescriptor(text: string): Partial<Descriptor> {
  const json = JSON.parse(text);
  if (json.schemaVersion) {
    throw new Error(
      "expected an OCI content descriptor, got a manifest or index " +
        `(schemaVersion ${json.schemaVersion})`,
    );
  }
  if (!json.digest) throw new Error("invalid descriptor: digest is required");
  const wrong = fieldProblem(json);
  if (wrong !== undefined) throw new Error(`invalid descriptor: ${wrong}`);
  const problem = digestProblem(json.digest);
  if (problem !== undefined) throw new Error(`invalid descriptor digest: ${problem}`);
  return json;
}

/**
 * Completes a found descriptor by the fields that the user gave, which are preferred. Throws if the
 * sizes differ.
 */
export function mergeDescriptor(found: Descriptor, known: Partial<Descriptor>): Descriptor {
  if (known.digest === undefined) return found;
  if (known.size && known.size !== found.size) {
    throw new Error(
      `invalid size mismatch for ${found.digest}, ${known.size} != ${found.size}`,
    );
  }
  return {
    ...found,
    ...known.mediaType && { mediaType: known.mediaType },
    // The user's annotations replace the found ones, so that some can be removed.
    ...Object.keys(known.annotations ?? {}).length > 0 && { annotations: known.annotations! },
    ...known.platform && { platform: known.platform },
    ...known.artifactType && { artifactType: known.artifactType },
    ...known.urls?.length && { urls: known.urls },
    ...known.data && { data: known.data },
  };
}
