/**
 * Parses an endpoint as it was typed.
 *
 *     scheme "://" address [ "?" key "=" value { "&" key "=" value } ]
 *
 * The `URL` class is not used, because it changes an endpoint. It turns `npipe:////./pipe/x` into
 * `//pipe/x`, a space in a socket's path into `%20`, and upper case in a container's name into
 * lower case.
 */
import { EndpointError } from "./errors.ts";
import { nearest } from "../base/nearest.ts";
import type { OptionSpec } from "./transport.ts";
import { cut } from "../base/cut.ts";

/** The parts of an endpoint. */
export interface Endpoint {
  /** The endpoint without passwords and without the values of secret options, for errors. */
  readonly redacted: string;
  /** The scheme in lower case. */
  readonly scheme: string;
  /** The text between `://` and `?`, unchanged. */
  readonly address: string;
  /** The options that have a value, decoded. */
  readonly options: ReadonlyMap<string, string>;
  /** Throws the endpoint's `EndpointError`; by default, the hint is the transport's example. */
  fail(problem: string, hint?: string): never;
}

/** The parts of a transport that `splitEndpoint` needs. */
export interface EndpointRules {
  readonly example: string;
  readonly options: readonly OptionSpec[];
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;

/** The scheme in lower case, or undefined where the text has no `scheme://`. */
export function schemeOf(endpoint: string): string | undefined {
  return SCHEME.exec(endpoint)?.[1]?.toLowerCase();
}

/**
 * Splits an endpoint into its parts. An option with an empty value counts as not given.
 *
 * Throws `EndpointError` for a missing scheme, control characters, and options that are unknown,
 * given twice, or missing.
 */
export function splitEndpoint(endpoint: string, rules: EndpointRules): Endpoint {
  const redacted = redact(endpoint, rules.options);
  const fail = (problem: string, hint = `write it as ${rules.example}`): never => {
    throw new EndpointError(redacted, problem, hint);
  };
  const scheme = schemeOf(endpoint) ?? fail("it has no scheme");
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(endpoint)) fail("it contains a control character");
  const [address, query] = cut(endpoint.slice(scheme.length + 3), "?");

  const options = new Map<string, string>();
  const names = rules.options.map((option) => option.name);
  // Without options, Deno need not load the class.
  for (const [name, value] of query === undefined ? [] : new URLSearchParams(query)) {
    if (!names.includes(name)) {
      fail(`it has no option ${JSON.stringify(name)}`, optionHint(scheme, name, names));
    }
    if (options.has(name)) fail(`option ${JSON.stringify(name)} is given twice`, "give it once");
    options.set(name, value);
  }
  for (const [name, value] of options) if (value === "") options.delete(name);
  for (const { name, required, summary } of rules.options) {
    if (required && !options.has(name)) fail(`it lacks option ${name} (${summary})`);
  }
  return { redacted, scheme, address, options, fail };
}

/** The options of these names that have a value. */
export function given<Name extends string>(
  { options }: Endpoint,
  ...names: readonly Name[]
): { readonly [name in Name]?: string } {
  const pairs = names.filter((name) => options.has(name)).map((name) => [name, options.get(name)]);
  return Object.fromEntries(pairs) as { readonly [name in Name]?: string };
}

/** Reads a TCP port. Throws `EndpointError`. */
export function portIn({ fail }: Endpoint, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65536) return port;
  return fail(`${JSON.stringify(text)} is not a port`, "a port is a number from 1 to 65535");
}

function optionHint(scheme: string, name: string, names: readonly string[]): string {
  if (names.length === 0) return `${scheme}:// endpoints take no options`;
  const near = nearest(name, names);
  const known = `the options of ${scheme}:// are ${names.join(", ")}`;
  return near === undefined ? known : `did you mean ${JSON.stringify(near)}? ${known}`;
}

/**
 * Formats the options that are set as `?key=value&…`, or as an empty string: the inverse of
 * `splitEndpoint`.
 */
export function formatOptions(options: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(options)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) =>
      `${name}=${encodeURIComponent(value!).replace(/%2F|%3A|%3D|%2C/g, decodeURIComponent)}`
    );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/**
 * Makes an endpoint printable: replaces the password of `user:password@`, and the value of every
 * option that isn't known to be harmless. Takes any text, even one that isn't an endpoint.
 */
export function redact(endpoint: string, options: readonly OptionSpec[] = []): string {
  if (!endpoint.includes("?") && !endpoint.includes("@")) return endpoint;
  const mark = endpoint.indexOf("?", SCHEME.exec(endpoint)?.[0].length ?? 0);
  const address = withoutPassword(endpoint.slice(0, mark < 0 ? undefined : mark));
  if (mark < 0) return address;
  const harmless = new Set(options.filter((option) => !option.secret).map((option) => option.name));
  const query = endpoint.slice(mark + 1).split("&").map((pair) => {
    const [[name, value] = ["", ""]] = [...new URLSearchParams(pair)];
    const [typed, assigned] = cut(pair, "=");
    if (assigned === undefined) return pair;
    if (!harmless.has(name)) return `${typed}=***`;
    // An option's value may be an address itself, such as an engine's.
    const shown = withoutPassword(value);
    return shown === value ? pair : `${typed}=${shown}`;
  }).join("&");
  return `${address}?${query}`;
}

/** Makes an address without options printable: `***` for the password of `user:password@`. */
export function withoutPassword(address: string): string {
  const start = SCHEME.exec(address)?.[0].length ?? 0;
  const [authority] = /^[^/?]*/.exec(address.slice(start))!;
  const at = authority.lastIndexOf("@");
  const colon = authority.indexOf(":");
  if (at < 0 || colon < 0 || colon > at) return address;
  return `${address.slice(0, start + colon)}:***${address.slice(start + at)}`;
}
