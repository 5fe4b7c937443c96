/**
 * A client of registries (https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
 * It shares logins, tokens and connections between the repositories that it opens.
 */
import { takeTurns } from "../../base/async.ts";
import type { CredentialSource } from "../session/logins/credentials.ts";
import { authorizer } from "./authorizer.ts";
import { connections } from "./connections.ts";
import { hostsOf, type RegistryConfig } from "./hosts.ts";
import { type Reader, reader } from "./pull.ts";
import { type Writer, writer } from "./push.ts";
import type { Reference } from "./reference.ts";
import type { Client } from "./requests.ts";

interface RegistriesOptions {
  readonly credentials: CredentialSource;
  /** By host; from a builder's buildkitd.toml. */
  readonly configs?: ReadonlyMap<string, RegistryConfig>;
  /** The hosts on other machines to which a login may go without TLS. */
  readonly clearLogins?: readonly string[];
  readonly signal: AbortSignal;
  /**
   * How long an answer may take to begin, and data to go on, in milliseconds. The pauses between
   * tries are parts of it. Default one minute.
   */
  readonly patience?: number;
}

/**
 * Opens repositories; requests begin when one is read or written, and end when this is disposed of.
 */
export interface Registries extends Disposable {
  /** Reads a repository, also from its mirrors. */
  reader(name: RepositoryName): Reader;
  /** Writes to a repository. */
  writer(name: RepositoryName): Writer;
}

type RepositoryName = Pick<Reference, "domain" | "path">;

const PATIENCE = 60_000;
/** How many requests without a body are under way at once. */
const AT_ONCE = 16;

export function openRegistries(options: RegistriesOptions): Registries {
  const { credentials, configs = new Map(), patience = PATIENCE, clearLogins } = options;
  const closed = new AbortController();
  const signal = AbortSignal.any([options.signal, closed.signal]);
  const caOf = (host: string) => configs.get(host)?.ca ?? [];
  const client: Client = {
    ...{ signal, patience },
    authorizer: authorizer(credentials, signal, patience, caOf, clearLogins),
    connections: connections(),
    answered: new Set(),
    turns: takeTurns(AT_ONCE),
  };
  return {
    reader: (name) => reader(client, hostsOf(name.domain, configs), name),
    writer(name) {
      const hosts = hostsOf(name.domain, configs).filter(({ pushable }) => pushable);
      return writer(client, hosts[0]!, name);
    },
    [Symbol.dispose]() {
      closed.abort(new Error("the registries are closed"));
      client.connections[Symbol.dispose]();
    },
  };
}
