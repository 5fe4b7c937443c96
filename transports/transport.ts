import type { Env } from "../base/env.ts";
import type { ByteStream } from "./byte_stream.ts";

/**
 * How fairlead reaches a daemon: one transport a URL scheme.
 *
 * A transport turns an endpoint into a byte stream to the daemon's gRPC port and knows nothing of
 * what flows there: no TLS, no HTTP/2, no BuildKit. `parse` and `describe` are pure, `dial` is not.
 */
export interface Transport<Spec = unknown> {
  /** The URL scheme, lower case: `unix`. */
  readonly scheme: string;
  /** One line for `fairlead transports`, help and errors. */
  readonly summary: string;
  /** An endpoint that is right, shown when one is wrong. */
  readonly example: string;
  /** The query keys it takes; any other key is refused. */
  readonly options: readonly OptionSpec[];
  /** Takes the endpoint as it was typed. Throws `EndpointError`: what is wrong, and what is right. */
  parse(endpoint: string): Spec;
  /** A printable form without secrets; `parse(describe(spec))` is the same spec. */
  describe(spec: Spec): string;
  /**
   * Where a connection to this spec leads, before anything is dialled: the host (with port, when it
   * has one) that `:authority` names, and the host that a TLS certificate is checked against.
   * Empty where the endpoint names no host (`unix`).
   */
  host(spec: Spec): { authority: string; name: string };
  /**
   * The TCP port that a dial connects to from this machine, for diagnoses; undefined where there is
   * none. Throws `DialError` for a configuration that can't be read.
   */
  site?(spec: Spec, env: Env): Promise<{ host: string; port: number } | undefined>;
  /** True where the daemon is the one inside a Docker engine: it keeps images in the engine itself. */
  readonly insideEngine?: true;
  /** True when bytes cross a network in the clear unless TLS is laid over the stream. */
  plaintext(spec: Spec): boolean;
  /**
   * Opens one connection. Throws `DialError`: the step that failed, what the other side said, what
   * to try. `context.signal` ends the attempt at once, and everything behind it is freed.
   */
  dial(spec: Spec, context: DialContext): Promise<Connection>;
  /**
   * Opens one connection under the runtime's own TLS: for a transport of TCP sockets. Undefined where
   * the handshake failed, or that TLS can't be had on such terms; then `dial`, with TLS laid over its
   * stream, finds out why. Throws as `dial` does, and for nothing that concerns TLS.
   */
  dialTls?(spec: Spec, tls: OwnTls, context: DialContext): Promise<Connection | undefined>;
}

/** TLS as the runtime's own takes it; all but the name as PEM. */
export interface OwnTls {
  /** The authorities that may have signed the far side's certificate, and no others. */
  readonly roots: readonly string[];
  /** Ours, for a daemon that demands one. */
  readonly client?: { readonly cert: string; readonly key: string };
  /** The name or address that the far side's certificate must carry. */
  readonly name: string;
  /** What is spoken inside (ALPN), where that is not `h2`. */
  readonly protocol?: string;
}

/** A query key of an endpoint. */
export interface OptionSpec {
  /** As it is written in the endpoint. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** It may not be left out. */
  readonly required?: boolean;
  /** Never printed. */
  readonly secret?: boolean;
}

/** What a dial may use of the world outside. */
export interface DialContext {
  /** Ends the attempt at once. */
  readonly signal: AbortSignal;
  /** The environment. */
  readonly env: Env;
  /** A line for people who ask for details (`--debug`). */
  readonly log: (line: string) => void;
  /** Tells the user of something that isn't right, and is done nevertheless. */
  readonly warn?: (line: string) => void;
  /** Tells which step is under way, so that a hanging dial can be shown with it. */
  readonly step: (step: DialStep, detail?: string) => void;
  /** Milliseconds until `signal` gives up, for those who are told so (plugins). */
  readonly timeoutMs?: number;
  /** The user asked for details. */
  readonly debug?: boolean;
  /**
   * What the connection is for, as a key: a transport with several daemons to choose from gives the
   * same key the same one. Of a build: its context's absolute path, as buildx has it.
   */
  readonly affinity?: string;
  /**
   * Through which the person at the terminal is asked (for a passphrase): one question at a time,
   * while nothing else is written there and the time of the connection stands still.
   */
  readonly asking?: Asking;
}

/** Does what asks somebody; resolves to the answer. */
export type Asking = <T>(ask: () => Promise<T>) => Promise<T>;

export type { Env };

/** The steps of a dial, as errors and `ls` name them. */
export type DialStep =
  | "resolve"
  | "connect"
  | "authenticate"
  | "upgrade"
  | "exec"
  | "tls"
  | "http2";

/** An open connection. Closing the stream frees everything behind it. */
export interface Connection {
  /** To the daemon's gRPC port. */
  readonly stream: ByteStream;
  /** What `:authority` says on every request; proxies on layer 7 route by it. */
  readonly authority: string;
  /** The other end as a person would name it: `127.0.0.1:1234`, `/run/buildkit/buildkitd.sock`. */
  readonly peer: string;
  /** The host that a TLS certificate is checked against, where only the dial found it out. */
  readonly serverName?: string;
  /** True when the stream is already encrypted and the far side authenticated. */
  readonly secure: boolean;
  /**
   * Opens the connection for a session, where the daemon takes that beside the first one. `fields`
   * tell of it as gRPC's metadata would; the daemon speaks first, as HTTP/2 client.
   */
  readonly dialSession?: (
    fields: readonly (readonly [name: string, value: string])[],
    signal: AbortSignal,
  ) => Promise<ByteStream>;
  /** Which BuildKit it is, by what it is inside of, for daemons that don't say; empty: unknown. */
  readonly knownVersion?: (signal: AbortSignal) => Promise<string>;
}
