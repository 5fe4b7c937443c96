import type { Env } from "../base/env.ts";
import type { ByteStream } from "./byte_stream.ts";

/**
 * The way to a daemon: one transport per URL scheme.
 *
 * A transport turns an endpoint into a byte stream to the daemon's gRPC port. It knows nothing of
 * the stream's contents: no TLS, no HTTP/2, no BuildKit. `parse` and `describe` are pure, `dial` is
 * not.
 */
export interface Transport<Spec = unknown> {
  /** The URL scheme in lower case: `unix`. */
  readonly scheme: string;
  /** One line for `fairlead transports`, help and errors. */
  readonly summary: string;
  /** A valid endpoint, shown in errors about invalid endpoints. */
  readonly example: string;
  /** The query keys of an endpoint; any other key is refused. */
  readonly options: readonly OptionSpec[];
  /**
   * Parses an endpoint as it was typed. Throws `EndpointError` that says what is wrong, and what is
   * right.
   */
  parse(endpoint: string): Spec;
  /** A printable form without secrets; `parse(describe(spec))` is the same spec. */
  describe(spec: Spec): string;
  /**
   * The destination of a connection, before anything is dialled. `authority` is the host that
   * `:authority` names, with its port when it has one. `name` is the host that a TLS certificate is
   * checked against. Both are empty where the endpoint names no host (`unix`).
   */
  host(spec: Spec): { authority: string; name: string };
  /**
   * The TCP port that a dial connects to from this machine, for diagnoses; undefined where there is
   * none. Throws `DialError` for a configuration that can't be read.
   */
  site?(spec: Spec, env: Env): Promise<{ host: string; port: number } | undefined>;
  /** True for the daemon inside a Docker engine, which keeps images in the engine itself. */
  readonly insideEngine?: true;
  /** True when bytes cross a network in the clear unless the stream is under TLS. */
  plaintext(spec: Spec): boolean;
  /**
   * Opens one connection. Throws `DialError` with the failed step, the other side's message and the
   * remedy. `context.signal` ends the attempt at once, and frees everything behind it.
   */
  dial(spec: Spec, context: DialContext): Promise<Connection>;
  /**
   * The TCP port that a dial connects to, where a dial does nothing else. Then it may begin before
   * it is asked for, and the runtime's own TLS may open the connection.
   */
  tcp?(spec: Spec): { readonly host: string; readonly port: number };
}

/** The parameters of the runtime's own TLS; all but the name are PEM. */
export interface OwnTls {
  /** The authorities that may have signed the far side's certificate, and no others. */
  readonly roots: readonly string[];
  /** The client's certificate and key, for a daemon that requires them. */
  readonly client?: { readonly cert: string; readonly key: string };
  /** The name or address that the far side's certificate must carry. */
  readonly name: string;
  /** The protocol inside TLS (ALPN), where that is not `h2`. */
  readonly protocol?: string;
}

/** A query key of an endpoint. */
export interface OptionSpec {
  /** The key as written in the endpoint. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** True when the option may not be left out. */
  readonly required?: boolean;
  /** True when the value is never printed. */
  readonly secret?: boolean;
}

/** The resources and hooks of a dial. */
export interface DialContext {
  /** Ends the attempt at once. */
  readonly signal: AbortSignal;
  /** The environment. */
  readonly env: Env;
  /** Logs a line for people who ask for details (`--debug`). */
  readonly log: (line: string) => void;
  /** Warns the user of a problem that doesn't stop the dial. */
  readonly warn?: (line: string) => void;
  /** Reports the step that is under way, so that a hanging dial can be shown with it. */
  readonly step: (step: DialStep, detail?: string) => void;
  /** Milliseconds until `signal` gives up, for plugins, which get the limit as a number. */
  readonly timeoutMs?: number;
  /** True when the user asked for details. */
  readonly debug?: boolean;
  /**
   * A key for the purpose of the connection: a transport with several daemons chooses the same
   * daemon for the same key. A build's key is its context's absolute path, as in buildx.
   */
  readonly affinity?: string;
  /**
   * Asks the person at the terminal (for a passphrase): one question at a time. Meanwhile nothing
   * else is written to the terminal, and the connection's time stands still.
   */
  readonly asking?: Asking;
}

/** Runs a function that asks a person; resolves to the answer. */
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
  /** The stream to the daemon's gRPC port. */
  readonly stream: ByteStream;
  /** The value of `:authority` on every request; proxies on layer 7 route by it. */
  readonly authority: string;
  /** The other end in a form for people: `127.0.0.1:1234`, `/run/buildkit/buildkitd.sock`. */
  readonly peer: string;
  /** The host that a TLS certificate is checked against, where only the dial could find it. */
  readonly serverName?: string;
  /** True when the stream is already encrypted and the far side authenticated. */
  readonly secure: boolean;
  /**
   * Opens the connection for a session, where the daemon takes a session besides the first
   * connection. `fields` describe the session as gRPC's metadata would. The daemon speaks first, as
   * HTTP/2 client.
   */
  readonly dialSession?: (
    fields: readonly (readonly [name: string, value: string])[],
    signal: AbortSignal,
  ) => Promise<ByteStream>;
  /**
   * BuildKit's version by the product that contains it, for daemons that don't report one; empty:
   * unknown.
   */
  readonly knownVersion?: (signal: AbortSignal) => Promise<string>;
}
