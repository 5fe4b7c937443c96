/**
 * `--build-context NAME=VALUE`. NAME is an image's name, so that a context can stand in for an
 * image: `docker.io/library/alpine:latest` and `alpine` are the same. Messages are buildx's.
 */
import { UsageError } from "../../base/usage_error.ts";
import { parseReference, referenceText } from "../../buildkit/registry/reference.ts";
import { cut } from "../../base/cut.ts";

/**
 * The texts of a flag as values by short name. Empty texts are skipped, and of several values for
 * one name the last holds. Throws `UsageError`.
 */
export function parseNamedContexts(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.filter((text) => text !== "").map((text) => {
      const [name, value] = cut(text, "=");
      if (value !== undefined) return [shortName(name), value];
      throw new UsageError(`invalid context value: ${text}, expected key=value`);
    }),
  );
}

/**
 * An image name without the default registry and without `:latest`. Its source calls such a name
 * "familiar" (https://github.com/distribution/reference). Throws `UsageError`.
 */
export function shortName(text: string): string {
  try {
    const reference = parseReference(text);
    const { domain, path } = reference;
    const familiar = domain === "docker.io" ? path.replace(/^library\/(?=[^/]+$)/, "") : undefined;
    const name = referenceText(reference);
    const short = familiar === undefined ? name : familiar + name.slice(`${domain}/${path}`.length);
    return short.replace(/:latest$/, "");
  } catch (error) {
    throw new UsageError(`invalid context name ${text}: ${(error as Error).message}`);
  }
}
