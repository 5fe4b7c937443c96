/**
 * `--build-context NAME=VALUE`: what a Dockerfile may name in FROM, COPY --from and mounts. NAME is an
 * image's name, so that a context can stand in for one: `docker.io/library/alpine:latest` and
 * `alpine` are the same. Messages are buildx's.
 */
import { parseReference, referenceText } from "../../buildkit/registry/reference.ts";
import { UsageError } from "../../base/usage_error.ts";

/** One named context, as it was typed but for the name. */
export interface NamedContext {
  /** As an image's name is written when it is short: no default registry, no `:latest`. */
  readonly name: string;
  readonly value: string;
}

/** Reads every value of the flag; empty ones are skipped, of several with one name the last holds. Throws `UsageError`. */
export function parseBuildContexts(texts: readonly string[]): NamedContext[] {
  const contexts = new Map<string, string>();
  for (const text of texts.filter((text) => text !== "")) {
    const equals = text.indexOf("=");
    if (equals < 0) {
      throw new UsageError(`invalid context value: ${text}, expected key=value`);
    }
    contexts.set(familiarName(text.slice(0, equals)), text.slice(equals + 1));
  }
  return [...contexts].map(([name, value]) => ({ name, value }));
}

/** https://github.com/distribution/reference: "familiar" is what people write. */
function familiarName(text: string): string {
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
