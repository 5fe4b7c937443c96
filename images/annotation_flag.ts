import { formatPlatform, parsePlatform } from "../builders/platforms.ts";
import { quote } from "../base/go/quote.ts";
import { UsageError } from "../base/usage_error.ts";
import { cut } from "../base/cut.ts";

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
