import { formatPlatform, parsePlatform } from "../builders/platforms.ts";
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { cut } from "../base/cut.ts";
import { quote } from "../base/go/quote.ts";
import { UsageError } from "../base/usage_error.ts";
import { platformOfDescriptor } from "./descriptor_platform.ts";

const ANNOTATED = ["index", "index-descriptor", "manifest", "manifest-descriptor"];

/**
 * Converts `--annotation [type[platform],…:]key=value` to attributes of an exporter:
 * `annotation-TYPE[PLATFORM].KEY`. Empty texts are skipped.
 */
export function annotationAttrs(
  texts: readonly string[],
  what = "parse annotations",
): Record<string, string> {
  const attrs: Record<string, string> = {};
  for (const text of texts.filter((text) => text !== "")) {
    const [left, value] = cut(text, "=");
    if (value === undefined) return fail(`invalid annotation ${quote(text)}, expected key=value`);
    const [types, key] = cut(left, ":");
    if (key === undefined) {
      attrs[`annotation.${left}`] = value;
      continue;
    }
    for (const type of types.split(",")) attrs[`${annotationPrefix(type)}.${key}`] = value;
  }
  return attrs;

  function fail(problem: string, hint?: string): never {
    throw new UsageError(`${what}: ${problem}`, hint);
  }

  function annotationPrefix(text: string): string {
    const [, type, platform] = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/.exec(text) ?? fail(
      `invalid annotation type ${quote(text)}, expected type and optional platform in square ` +
        "brackets",
    );
    if (!ANNOTATED.includes(type!)) {
      const types = `the types are ${ANNOTATED.join(", ")}`;
      fail(`unknown annotation type ${quote(type!)}`, types);
    }
    if (platform === undefined) return `annotation-${type}`;
    try {
      const known = formatPlatform(parsePlatform(platform));
      // An index holds all platforms.
      return type!.startsWith("index") ? `annotation-${type}` : `annotation-${type}[${known}]`;
    } catch (error) {
      return fail(`invalid platform ${quote(platform)}: ${(error as Error).message}`);
    }
  }
}

/** One annotation of `--annotation`. */
export interface IndexAnnotation {
  /** `index`, `manifest-descriptor`, …; empty when the user typed none. */
  readonly type: string;
  /** Empty for all platforms. */
  readonly platform: string;
  readonly key: string;
  readonly value: string;
}

/** Reads `--annotation [TYPE[PLATFORM],…:]KEY=VALUE`. Throws `UsageError`. */
export function readAnnotations(texts: readonly string[]): IndexAnnotation[] {
  return annotationsOf(annotationAttrs(texts, "failed to parse annotations"));
}

/** Reads the annotations among an exporter's attributes: `annotation-index.KEY` … */
export function annotationsOf(attrs: Readonly<Record<string, string>>): IndexAnnotation[] {
  const named = Object.entries(attrs).filter(([name]) => name.startsWith("annotation"));
  return named.map(([name, value]) => {
    const [, type = "", platform = "", key = ""] =
      /^annotation(?:-([a-z-]+)(?:\[([^\]]+)\])?)?\.(.*)$/s.exec(name) ?? [];
    return { type, platform: platform && formatPlatform(parsePlatform(platform)), key, value };
  });
}

/** Annotates an index and its entries. Throws `UsageError` for annotations of other kinds. */
export function annotate(
  manifests: readonly Descriptor[],
  annotations: readonly IndexAnnotation[],
) {
  const own: Record<string, string> = {};
  let entries = manifests;
  for (const { type, platform, key, value } of annotations) {
    if (type === "index") own[key] = value;
    else if (type === "manifest-descriptor") {
      entries = entries.map((entry) =>
        platform === "" || platform === platformText(entry)
          ? { ...entry, annotations: { ...entry.annotations, [key]: value } }
          : entry
      );
    } else if (type === "index-descriptor") {
      throw new UsageError(`${quote(type)} annotations are invalid while creating an image`);
    } else {
      throw new UsageError(
        `${quote(type)} annotations are not supported yet`,
        `annotate the list, or its entries: index:${key}=… or manifest-descriptor:${key}=…`,
      );
    }
  }
  return { manifests: entries, annotations: own };
}

function platformText({ platform }: Descriptor): string {
  return formatPlatform(platformOfDescriptor(platform ?? {}));
}
