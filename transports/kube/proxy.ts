/**
 * Connects to an API server through a proxy. The kubeconfig (`proxy-url`) names the proxy, else the
 * environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), with the rules of Go programs. HTTP
 * proxies get a CONNECT, with or without TLS; SOCKS5 proxies (RFC 1928) get the host's name.
 */
import { errorText } from "../../base/error_text.ts";
import { onAbort } from "../../base/async.ts";
import { HttpError, readText, startExchange } from "../net/http1.ts";
import { connectTcp, formatHostPort, type HostPort } from "../net/tcp_connect.ts";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import { readUpTo, sameBytes, writeAll } from "../../base/bytes.ts";
import { contains, parseIp, parseNetwork } from "../../base/ip.ts";
import type { DialContext, Env } from "../transport.ts";

const PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "socks5:": 1080,
  "socks5h:": 1080,
};

/** The URL of the proxy for a server; undefined for a direct connection. */
export function proxyFor(env: Env, server: URL): string | undefined {
  const variable = (name: string) => env(name) || env(name.toLowerCase()) || undefined;
  const proxy = variable(server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  const host = server.hostname.replace(/^\[|\]$/g, "");
  if (proxy === undefined || /^(?:localhost|127\..*|::1)$/.test(host)) return undefined;
  const spared = (variable("NO_PROXY") ?? "").split(",").map((one) => one.trim()).filter(Boolean);
  if (spared.some((one) => spares(one, host, server.port || String(PORTS[server.protocol])))) {
    return undefined;
  }
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/**
 * Whether an entry of NO_PROXY matches a host. An entry is `*`, a range of addresses, an address,
 * or a name; a name matches its subdomains, too. `.name` and `*.name` match only subdomains. Every
 * entry but `*` and a range may have a port.
 */
export function spares(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const [network, address] = [parseNetwork(entry), parseIp(host)];
  if (network && address && contains(network, address)) return true;
  const [, name = entry, only = port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (only !== port) return false;
  const wanted = name.replace(/^\[|\]$/g, "").toLowerCase();
  const exact = parseIp(wanted);
  if (exact !== undefined) return address !== undefined && sameBytes(exact, address);
  const below = wanted.replace(/^\*?(?=\.)/, "");
  const asked = host.toLowerCase();
  return below.startsWith(".")
    ? asked.endsWith(below)
    : asked === below || asked.endsWith(`.${below}`);
}

/**
 * Opens a connection through a proxy. Throws `DialError`, or the signal's reason.
 * @param endpoint for errors
 */
export async function connectByProxy(
  proxy: string,
  to: HostPort,
  endpoint: string,
  context: DialContext,
): Promise<ByteStream> {
  const fail = (problem: string, code: DialError["code"], hint: string, cause?: unknown) =>
    new DialError(problem, {
      ...{ endpoint, step: "connect", code, hint, cause },
      retryable: code === "unreachable" || code === "timeout",
    });
  const url = URL.parse(proxy);
  const port = url && (Number(url.port) || PORTS[url.protocol]);
  if (!url || !port || !(url.protocol in PORTS)) {
    const hint = "proxy-url and HTTPS_PROXY take http://, https:// and socks5://";
    const shown = proxy.replace(/^(.*?:\/\/)?.*@/s, "$1");
    throw fail(`the proxy's address is not valid: ${shown}`, "config", hint);
  }
  const at = { host: url.hostname.replace(/^\[|\]$/g, ""), port };
  const shown = `the proxy ${url.protocol}//${formatHostPort(at)}`;
  context.log(`by way of ${shown}`);
  let stream: ByteStream;
  try {
    stream = streamOf(await connectTcp(at, endpoint, context));
    if (url.protocol === "https:") {
      const { loadTls, wrapTls } = await import("../tls/tls.ts");
      const files = { ...await loadTls({}, endpoint, context), protocol: "http/1.1" };
      stream = await wrapTls(stream, files, at.host, endpoint, context);
    }
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    throw fail(`${shown} can't be used: ${error.problem}`, error.code, PROXY_HINT, error);
  }
  using _ = onAbort(context.signal, () => stream.close());
  try {
    const refusal = url.protocol.startsWith("socks5")
      ? await socks(stream, to, url)
      : await connect(stream, to, url);
    if (refusal !== undefined) {
      throw fail(
        `${shown} refused to connect to ${formatHostPort(to)}: ${refusal}`,
        "denied",
        PROXY_HINT,
      );
    }
    return stream;
  } catch (error) {
    stream.close();
    context.signal.throwIfAborted();
    if (error instanceof DialError) throw error;
    const reason = errorText(error);
    throw fail(`${shown} dropped the connection: ${reason}`, "unreachable", PROXY_HINT, error);
  }
}

const PROXY_HINT = "check proxy-url in the kubeconfig, or HTTPS_PROXY and NO_PROXY";

function credentials({ username, password }: URL): [string, string] | undefined {
  if (username === "") return undefined;
  return [decodeURIComponent(username), decodeURIComponent(password)];
}

/** Sends a CONNECT (RFC 9110 §9.3.6). Returns the reason of a refusal, else undefined. */
async function connect(stream: ByteStream, to: HostPort, url: URL): Promise<string | undefined> {
  const target = formatHostPort(to);
  const account = credentials(url)?.join(":");
  const basic = account && new TextEncoder().encode(account).toBase64();
  const http = await startExchange(stream, {
    method: "CONNECT",
    path: target,
    host: target,
    headers: basic === undefined ? {} : { "Proxy-Authorization": `Basic ${basic}` },
  });
  const { status, line } = await http.head();
  if (status >= 200 && status < 300) return undefined;
  const said = (await readText(http, 4096).catch(() => "")).trim().split("\n", 1)[0];
  return said ? `${line}: ${said.slice(0, 200)}` : line;
}

/** The answers of a SOCKS5 server (RFC 1928 §6). */
const SOCKS_REPLIES = [
  "",
  "it failed",
  "not allowed by its rules",
  "the network can't be reached",
  "the host can't be reached",
  "connection refused",
];

async function socks(stream: ByteStream, to: HostPort, url: URL): Promise<string | undefined> {
  const account = credentials(url);
  const [name, user, word] = [to.host, ...account ?? []].map((text) => {
    const bytes = new TextEncoder().encode(text);
    return [bytes.length, ...bytes];
  });
  // Every length is one byte.
  if ([name, user, word].some((text) => text !== undefined && text[0]! > 255)) {
    return "SOCKS5 takes no name or password of more than 255 bytes";
  }
  await writeAll(stream, Uint8Array.of(5, 1, account === undefined ? 0 : 2));
  const [, method] = await exactly(stream, 2);
  if (account !== undefined && method === 2) {
    // This is the user and password of RFC 1929.
    await writeAll(stream, Uint8Array.of(1, ...user!, ...word!));
    if ((await exactly(stream, 2))[1] !== 0) return "wrong user or password";
  } else if (method !== 0) return "it wants a user and a password";
  // The proxy resolves the name: it may know more names than this machine.
  const address = parseIp(to.host);
  const host = address === undefined ? [3, ...name!] : [address.length === 4 ? 1 : 4, ...address];
  const request = [5, 1, 0, ...host, to.port >> 8, to.port & 255];
  await writeAll(stream, Uint8Array.from(request));
  const [, reply, , kind] = await exactly(stream, 4);
  if (reply !== 0) return SOCKS_REPLIES[reply!] ?? `reply ${reply}`;
  // The answer ends with the address and port that the proxy connects from; both are skipped.
  const length = kind === 1 ? 4 : kind === 4 ? 16 : (await exactly(stream, 1))[0]!;
  await exactly(stream, length + 2);
  return undefined;
}

async function exactly(stream: ByteStream, count: number): Promise<Uint8Array> {
  const bytes = await readUpTo(stream, count);
  if (bytes.length < count) throw new HttpError("the connection ended");
  return bytes;
}
