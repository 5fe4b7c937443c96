/**
 * `fetch` by Node's HTTP, for two cases that the runtime's `fetch` refuses: HTTPS with any
 * certificate (`insecure = true`), and the ports that the web's standard blocks, such as 6000 or
 * 10080.
 */
import type { IncomingMessage, RequestOptions } from "node:http";
import type { Host } from "./hosts.ts";

type TlsOf = Pick<Host, "keypair" | "insecure" | "ca">;

/** Rejects with the connection's error. Redirects are not followed. */
export async function nodeFetch(
  host: TlsOf,
  address: string,
  init: RequestInit,
): Promise<Response> {
  const url = new URL(address);
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
    Readable.from(body).on("error", (error) => {
      sent.destroy();
      reject(error);
    }).pipe(sent);
  }
  const response = responseOf(await promise);
  Object.defineProperty(response, "url", { value: url.href });
  return response;
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
