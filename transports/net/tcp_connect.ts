/**
 * Connects by TCP. The system resolves the name (getaddrinfo), and the runtime races its addresses
 * (RFC 8305: the next one starts when one fails, or after 250 ms). The runtime reports neither the
 * addresses that it has tried nor whether it still resolves. So a slow or failed name is looked up
 * again, only for the message. That resolver asks only DNS and the hosts file. It misses names that
 * only the system knows (mDNS, a VPN's).
 */
import { errorText } from "../../base/error_text.ts";
import { DialError, type DialErrorCode, interrupted } from "../errors.ts";
import { after, onAbort, withTimeout } from "../../base/async.ts";
import type { DialContext } from "../transport.ts";

/** After this time, in ms, a connection counts as slow, and the name is looked up. */
const SLOW_MS = 300;
/** The longest time, in ms, that a failure's message may wait for the addresses in it. */
const LOOKUP_MS = 300;
/** How long an aborted connection may still open, in ms. */
const ABOUT_TO_OPEN_MS = 20;

/** The far end of a TCP connection. */
export interface HostPort {
  /** The host, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Formats `host:port`, with an IPv6 address in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The host of an authority, without its port; an IPv6 address without its brackets. */
export function hostName(authority: string): string {
  return authority.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

/**
 * Opens a TCP connection. Throws `DialError`, or the signal's reason.
 *
 * @param open connects, by default without TLS; it must reject as `Deno.connect` does
 */
export async function connectTcp<Conn extends Closable | undefined = Deno.TcpConn>(
  { host, port }: HostPort,
  endpoint: string,
  { signal, step }: DialContext,
  open = Deno.connect as unknown as Open<Conn>,
): Promise<Conn> {
  const literal = /^\d+(\.\d+){3}$/.test(host) || host.includes(":");
  const target: Target = { endpoint, host, literal, addresses: "" };
  const stopped = () =>
    literal || target.addresses !== ""
      ? interrupted(signal, endpoint, "connect", also(target))
      : interrupted(signal, endpoint, "resolve");
  // Deno.connect ignores a signal that was aborted before the call.
  if (signal.aborted) throw stopped();

  step(literal ? "connect" : "resolve", literal ? formatHostPort({ host, port }) : host);
  const end = new AbortController();
  const lookUp = async () => {
    target.addresses ||= (await addressesOf(host, end.signal)).join(", ");
  };
  const stop = literal ? () => {} : after(SLOW_MS, async () => {
    await lookUp();
    if (target.addresses !== "" && !end.signal.aborted) step("connect", also(target));
  });
  try {
    return await untilAborted(open, { hostname: host, port }, signal);
  } catch (error) {
    if (signal.aborted) throw stopped();
    if (!literal) await lookUp();
    throw explain(target, error);
  } finally {
    stop();
    end.abort();
  }
}

/**
 * Deno 2.9 loses a connection that opens in the moment of its signal's abort: the socket stays
 * open, and nothing can close it. So the signal of `open` is aborted a little later, when a
 * connection that was about to open has opened, and is closed here.
 */
async function untilAborted<Conn extends Closable | undefined>(
  open: Open<Conn>,
  where: { hostname: string; port: number },
  signal: AbortSignal,
): Promise<Conn> {
  const late = new AbortController();
  using _ = onAbort(signal, () => after(ABOUT_TO_OPEN_MS, () => late.abort(signal.reason)));
  const conn = await open({ ...where, signal: late.signal });
  if (!signal.aborted) return conn;
  conn?.close();
  throw signal.reason;
}

interface Closable {
  close(): void;
}

type Open<Conn> = (
  target: { hostname: string; port: number; signal: AbortSignal },
) => Promise<Conn>;

interface Target {
  readonly endpoint: string;
  readonly host: string;
  readonly literal: boolean;
  /** The addresses of the name, once known; else empty. */
  addresses: string;
}

/** Adds a name's addresses to a message. */
function also({ host, addresses }: Target): string {
  return addresses === "" ? "" : `${host} resolves to ${addresses}`;
}

/** Looks up a name's addresses; none when the answer takes too long. */
async function addressesOf(host: string, end: AbortSignal): Promise<string[]> {
  const signal = withTimeout(end, LOOKUP_MS);
  const ask = (type: "A" | "AAAA") => Deno.resolveDns(host, type, { signal }).catch(() => []);
  return (await Promise.all([ask("A"), ask("AAAA")])).flat();
}

/** The errors of connect(2) by Deno's names; errors without a code come from the resolver. */
const FAILURES: Readonly<Record<string, readonly [DialErrorCode, string, string]>> = {
  ECONNREFUSED: [
    "unreachable",
    "connection refused",
    "check that the daemon is running and listens on this address and port",
  ],
  ENETUNREACH: ["unreachable", "no route to the network", "check the address and the network"],
  EHOSTUNREACH: ["unreachable", "no route to the host", "check the address and the network"],
  EADDRNOTAVAIL: ["unreachable", "no route to the host", "check the address and the network"],
  ETIMEDOUT: [
    "timeout",
    "the host did not answer",
    "check the address, and that no firewall drops the connection",
  ],
  ECONNRESET: [
    "unreachable",
    "the host dropped the connection",
    "look for a firewall or a proxy on the way to the daemon",
  ],
};

function explain(target: Target, cause: unknown): DialError {
  const { endpoint, host, literal, addresses } = target;
  const code = (cause as { code?: string }).code;
  if (code === undefined && !literal) {
    return new DialError(`the name ${JSON.stringify(host)} can't be resolved`, {
      endpoint,
      step: "resolve",
      code: "not-found",
      hint: "check the spelling, and that DNS or the hosts file knows it",
      // The system's text for EAI_AGAIN: DNS didn't answer.
      retryable: cause instanceof Error && /temporary failure/i.test(cause.message),
      cause,
    });
  }
  const [kind, problem, hint] = FAILURES[code ?? ""] ??
    ["internal", errorText(cause), undefined];
  return new DialError(addresses === "" ? problem : `${problem} (${also(target)})`, {
    endpoint,
    step: "connect",
    code: kind,
    retryable: kind === "unreachable" || kind === "timeout",
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}
