import { redact, schemeOf } from "./endpoint.ts";
import { EndpointError } from "./errors.ts";
import type { Plugins } from "./external.ts";
import { maybe } from "../base/maybe.ts";
import { nearest } from "../base/nearest.ts";
import type { Transport } from "./transport.ts";

/** The transports that a program knows. A registry is a value, made once and passed on. */
export interface Registry {
  /** The transports in the order of the help text. */
  readonly transports: readonly Transport[];
  /**
   * The transport of an endpoint's scheme, whatever its case.
   * Throws `EndpointError` that names the known schemes, and the nearest of them.
   */
  find(endpoint: string): Transport;
  /** Returns a copy in which the plugin at `path` serves the scheme, even a built-in one. */
  withPlugin(scheme: string, path: string): Registry;
  /** The plugins that `withPlugin` added: paths by scheme. */
  readonly named: ReadonlyMap<string, string>;
  /** The transports by third parties; absent where the program allows none. */
  readonly plugins?: Plugins;
}

/**
 * Makes a registry. Plugins serve the schemes that aren't built in, and those they are named for.
 * Throws a plain `Error` for two transports of one scheme, which is a bug in fairlead.
 */
export function createRegistry(transports: readonly Transport[], plugins?: Plugins): Registry {
  const byScheme = new Map<string, Transport>();
  for (const transport of transports) {
    if (byScheme.has(transport.scheme)) {
      throw new Error(`two transports have the scheme ${transport.scheme}`);
    }
    byScheme.set(transport.scheme, transport);
  }
  const withNamed = (named: ReadonlyMap<string, string>): Registry => ({
    transports: [...transports],
    named,
    ...plugins !== undefined && { plugins },
    find(endpoint) {
      const scheme = schemeOf(endpoint);
      if (scheme !== undefined) {
        const path = named.get(scheme);
        if (path !== undefined && plugins) return plugins.at(scheme, path, endpoint);
        const found = byScheme.get(scheme) ?? plugins?.find(scheme, endpoint);
        if (found !== undefined) return found;
      }
      throw unknown(endpoint, scheme, byScheme);
    },
    withPlugin: (scheme, path) => withNamed(new Map([...named, [scheme, path]])),
  });
  return withNamed(new Map());
}

function unknown(
  endpoint: string,
  scheme: string | undefined,
  known: ReadonlyMap<string, Transport>,
): EndpointError {
  const shown = redact(endpoint);
  if (scheme !== undefined) {
    const near = nearest(scheme, known.keys());
    const list = `known schemes are ${[...known.keys()].join(", ")}`;
    const hint = near === undefined ? list : `did you mean ${near}://? ${list}`;
    return new EndpointError(shown, `unknown scheme ${JSON.stringify(scheme)}`, hint);
  }
  // `unix:/path`, as gRPC writes it, is a frequent guess.
  const [, word, slash, rest] = /^([A-Za-z][\w+.-]*):(\/?)(.*)$/.exec(shown) ?? [];
  const meant = known.get(word?.toLowerCase() ?? "");
  if (meant !== undefined) {
    const guesses = [`${meant.scheme}://${slash}${rest}`, `${meant.scheme}://${rest}`];
    const right = guesses.find((guess) => maybe(() => meant.parse(guess)) !== undefined);
    const hint = `did you mean ${right ?? guesses[0]}?`;
    return new EndpointError(shown, "the // after the scheme is missing", hint);
  }
  const examples = [...known.values()].map((transport) => transport.example);
  const hint = `write it as SCHEME://ADDRESS, for example ${examples.join(" or ")}`;
  return new EndpointError(shown, endpoint === "" ? "it is empty" : "it has no scheme", hint);
}

/** Formats an endpoint for people, without secrets, even an invalid endpoint. */
export function shownEndpoint(registry: Registry, endpoint: string): string {
  const shown = maybe(() => {
    const transport = registry.find(endpoint);
    return transport.describe(transport.parse(endpoint));
  });
  return shown ?? redact(endpoint);
}

/** Redacts as `shownEndpoint` does, but keeps the spelling of everything that isn't secret. */
export function redactedEndpoint(registry: Registry, endpoint: string): string {
  return redact(endpoint, maybe(() => registry.find(endpoint).options));
}
