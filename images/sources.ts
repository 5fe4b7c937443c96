/** What `imagetools create` is told to make an image of: references, digests, descriptors. */
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { digestProblem } from "../buildkit/registry/digest.ts";
import { quote } from "../base/go/quote.ts";
import { UsageError } from "../base/usage_error.ts";
import { latestOf, type Location, locationName, parseLocation, withDigest } from "./location.ts";

/** As it was typed: a place, or what is known of the content, or both. */
interface TypedSource {
  readonly location?: Location;
  readonly known: Partial<Descriptor>;
  readonly text: string;
}

/** With a place; what is known of the content goes before what the place says. */
export interface Source {
  readonly location: Location;
  readonly known: Partial<Descriptor>;
}

/**
 * Reads sources, and finds the repository of those that name none: that of the others, or of the tags,
 * as long as it is one. Throws `UsageError`, in buildx's words.
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
  checkTypes(json);
  const problem = digestProblem(json.digest);
  if (problem !== undefined) throw new Error(`invalid descriptor digest: ${problem}`);
  return json;
}

const isText = (value: unknown) => typeof value === "string";
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What fields of a descriptor hold: it goes into the image as it is. */
const holds: Readonly<Record<string, [(value: unknown) => boolean, string]>> = {
  digest: [isText, "text"],
  mediaType: [isText, "text"],
  artifactType: [isText, "text"],
  size: [Number.isSafeInteger, "a whole number"],
  annotations: [(value) => isRecord(value) && Object.values(value).every(isText), "texts by name"],
  platform: [isRecord, "an object with os and architecture"],
};

function checkTypes(json: Record<string, unknown>) {
  for (const [name, [isRight, what]] of Object.entries(holds)) {
    const value = json[name] ?? undefined;
    if (value !== undefined && !isRight(value)) {
      throw new Error(`invalid descriptor: ${name} is ${what}, not ${JSON.stringify(value)}`);
    }
  }
}

/** What a place says of the content, and what is known of it before. Throws for another size. */
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
    // Not joined with those that are there, so that some can be taken away.
    ...Object.keys(known.annotations ?? {}).length > 0 && { annotations: known.annotations! },
    ...known.platform && { platform: known.platform },
  };
}
