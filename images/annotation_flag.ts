import { formatPlatform, parsePlatform } from "../builders/platforms.ts";
import { quote } from "../base/go/quote.ts";
import { UsageError } from "../base/usage_error.ts";

const ANNOTATED = ["index", "index-descriptor", "manifest", "manifest-descriptor"];

/**
 * Converts `--annotation [type[platform],…:]key=value` to attributes of an exporter:
 * `annotation-TYPE[PLATFORM].KEY`. Empty texts are skipped.
 */
export function annotations(
  texts: readonly string[],
  what = "parse annotations",
): Record<string, string> {
  const attrs: Record<string, string> = {};
  for (const text of texts.filter((text) => text !== "")) {
    const equals = text.indexOf("=");
    if (equals < 0) fail(`invalid annotation ${quote(text)}, expected key=value`);
    const [left, value] = [text.slice(0, equals), text.slice(equals + 1)];
    const colon = left.indexOf(":");
    if (colon < 0) {
      attrs[`annotation.${left}`] = value;
      continue;
    }
    for (const type of left.slice(0, colon).split(",")) {
      attrs[`${annotationPrefix(type)}.${left.slice(colon + 1)}`] = value;
    }
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
