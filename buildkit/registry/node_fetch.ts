/**
 * `fetch` by Node's HTTP, for what the runtime's refuses: HTTPS without a look at the certificate
 * (`insecure = true`), and the ports that the web's standard blocks, like 6000 or 10080. Redirects are
 * followed as `fetch` does, without the login to another host.
 */
import type { IncomingMessage, RequestOptions } from "node:http";
import type { Host } from "./hosts.ts";

type TlsOf = Pick<Host, "keypair" | "insecure" | "ca">;

/** Rejects with what the connection failed with. */
export async function nodeFetch(
  host: TlsOf,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers);
  let target = new URL(url);
  for (let hops = 0; hops < 10; hops++) {
    const answer = await send(host, target, { ...init, headers });
    const status = answer.statusCode ?? 0;
    const { location } = answer.headers;
    if (status < 301 || status > 308 || status === 304 || location === undefined) {
      return responseOf(answer);
    }
    answer.resume();
    const next = new URL(location, target);
    if (next.host !== target.host) headers.delete("authorization");
    target = next;
  }
  throw new TypeError(`too many redirects from ${new URL(url).host}`);
}

async function send(host: TlsOf, url: URL, init: RequestInit) {
  const { request } = url.protocol === "https:"
    ? await import("node:https")
    : await import("node:http");
  const body = init.body ? await bodyOf(init.body) : undefined;
  const { getCACertificates } = await import("node:tls");
  const options: RequestOptions & { rejectUnauthorized: boolean; ca: string[] } = {
    method: init.method ?? "GET",
    headers: {
      ...Object.fromEntries(new Headers(init.headers)),
      ...body instanceof Uint8Array && { "content-length": String(body.length) },
    },
    ...init.signal && { signal: init.signal },
    rejectUnauthorized: !host.insecure,
    ca: url.protocol === "https:" ? [...getCACertificates("system"), ...host.ca] : [],
    ...host.keypair,
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = request(url, options, resolve);
  sent.on("error", reject);
  if (body instanceof Uint8Array) sent.end(body);
  else if (body === undefined) sent.end();
  else {
    const { Readable } = await import("node:stream");
    Readable.from(body).on("error", reject).pipe(sent);
  }
  return await promise;
}

async function bodyOf(body: BodyInit): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  return body instanceof ReadableStream ? body : await new Response(body).bytes();
}

async function* chunks(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
  for await (const chunk of answer) yield new Uint8Array(chunk);
}

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  const empty = status === 204 || status === 304;
  if (empty) answer.resume();
  return new Response(empty ? null : ReadableStream.from(chunks(answer)), { status, headers });
}
