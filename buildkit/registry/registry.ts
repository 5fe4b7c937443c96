/**
 * A client of registries (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). It
 * shares logins, tokens and connections between the repositories that it opens.
 */
import type { CredentialSource } from "../session/credentials.ts";
import { authorizer } from "./authorizer.ts";
import { connections } from "./connections.ts";
import { hostsOf, type RegistryConfig } from "./hosts.ts";
import { type Reader, reader } from "./pull.ts";
import { type Writer, writer } from "./push.ts";
import type { Reference } from "./reference.ts";

export interface RegistriesOptions {
  readonly credentials: CredentialSource;
  /** By host; of a builder's buildkitd.toml. */
  readonly configs?: ReadonlyMap<string, RegistryConfig>;
  readonly signal: AbortSignal;
  /** In milliseconds: how long an answer may take to begin, and data to go on. Default one minute. */
  readonly patience?: number;
}

/** Opens repositories; nothing is asked before one is read or written. */
export interface Registries extends Disposable {
  /** Reads a repository, from its mirrors too. */
  reader(name: RepositoryName): Reader;
  /** Writes to a repository. */
  writer(name: RepositoryName): Writer;
}

export type RepositoryName = Pick<Reference, "domain" | "path">;

const PATIENCE = 60_000;

export function openRegistries(options: RegistriesOptions): Registries {
  const { credentials, configs = new Map(), signal, patience = PATIENCE } = options;
  const pool = connections();
  const link = {
    authorizer: authorizer(credentials, signal, (host) => configs.get(host)?.ca ?? []),
    ...{ connections: pool, signal, patience },
  };
  return {
    reader: (name) => reader(link, hostsOf(name.domain, configs), name),
    writer(name) {
      const hosts = hostsOf(name.domain, configs).filter(({ pushable }) => pushable);
      return writer(link, hosts[0]!, name);
    },
    [Symbol.dispose]: () => pool[Symbol.dispose](),
  };
}
