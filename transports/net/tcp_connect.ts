/**
 * The name is resolved by the system (getaddrinfo) and its addresses are raced by the runtime
 * (RFC 8305: the next one starts when one fails, or after 250 ms). The runtime tells neither which
 * addresses it has tried nor whether it still resolves, so a name that is slow or fails is looked up
 * a second time, for the message alone: that resolver asks DNS and the hosts file and nothing else,
 * and would miss names that only the system knows (mDNS, a VPN's).
 */
import { DialError, type DialErrorCode, interrupted } from "../errors.ts";
import { after } from "../../base/async.ts";
import type { DialContext } from "../transport.ts";

interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** After this a connection counts as slow, and what it waits for is found out. */
const SLOW_MS = 300;
/** How long the message of a failure may wait for the addresses it names. */
const LOOKUP_MS = 300;

/** `host:port`, an IPv6 address in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Opens a TCP connection. Throws `DialError`, or the signal's reason.
 *
 * @param open what connects; by default `Deno.connect`. It rejects as that does
 */
export async function connectTcp<Conn = Deno.TcpConn>(
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
  // Deno.connect overlooks a signal that was aborted before the call.
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
    return await open({ hostname: host, port, signal });
  } catch (error) {
    if (signal.aborted) throw stopped();
    if (!literal) await lookUp();
    throw explain(target, error);
  } finally {
    stop();
    end.abort();
  }
}

type Open<Conn> = (
  target: { hostname: string; port: number; signal: AbortSignal },
) => Promise<Conn>;

interface Target {
  readonly endpoint: string;
  readonly host: string;
  readonly literal: boolean;
  /** The addresses behind the name, once known; else empty. */
  addresses: string;
}

/** What a message adds for a name. */
function also({ host, addresses }: Target): string {
  return addresses === "" ? "" : `${host} is ${addresses}`;
}

/** The addresses of a name, or none when they don't come soon. */
async function addressesOf(host: string, end: AbortSignal): Promise<string[]> {
  const signal = AbortSignal.any([end, AbortSignal.timeout(LOOKUP_MS)]);
  const ask = (type: "A" | "AAAA") => Deno.resolveDns(host, type, { signal }).catch(() => []);
  return (await Promise.all([ask("A"), ask("AAAA")])).flat();
}

/** The errors of connect(2), as Deno names them; those without a code come from the resolver. */
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
    "the host broke the connection off",
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
      // EAI_AGAIN, in the system's words: DNS didn't answer.
      retryable: cause instanceof Error && /temporary failure/i.test(cause.message),
      cause,
    });
  }
  const [kind, problem, hint] = FAILURES[code ?? ""] ??
    ["internal", cause instanceof Error ? cause.message : String(cause), undefined];
  return new DialError(addresses === "" ? problem : `${problem} (${also(target)})`, {
    endpoint,
    step: "connect",
    code: kind,
    retryable: kind === "unreachable" || kind === "timeout",
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}
