/** The Kubernetes API as tests use it: objects in and out, as the owner of a certificate. */
import type { Pair } from "./certs.ts";

/** The JSON that the API server sends; tests look into it. */
// deno-lint-ignore no-explicit-any
export type KubeObject = any;

export interface KubeApi {
  /** Throws the server's message unless it answers 2xx. */
  call(method: string, path: string, body?: object): Promise<KubeObject>;
  /** Like `call`, but returns undefined where `call` throws. */
  try(method: string, path: string, body?: object): Promise<KubeObject | undefined>;
  close(): void;
}

export async function kubeApi(server: string, ca: string, pair: Pair): Promise<KubeApi> {
  const client = Deno.createHttpClient({
    caCerts: [await Deno.readTextFile(ca)],
    cert: await Deno.readTextFile(pair.cert),
    key: await Deno.readTextFile(pair.key),
  });
  const call: KubeApi["call"] = async (method, path, body) => {
    const answer = await fetch(server + path, {
      client,
      method,
      headers: { "content-type": "application/json" },
      ...body !== undefined && { body: JSON.stringify(body) },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    call,
    try: (...args) => call(...args).catch(() => undefined),
    close: () => client.close(),
  };
}
