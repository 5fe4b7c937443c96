import { formatPlatform, parsePlatform } from "../builders/platforms.ts";
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { annotations as parseAnnotations } from "./annotation_flag.ts";
import { quote } from "../base/go/quote.ts";
import { UsageError } from "../base/usage_error.ts";
import { platformOfDescriptor } from "./descriptor_platform.ts";

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
  return annotationsOf(parseAnnotations(texts, "failed to parse annotations"));
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
