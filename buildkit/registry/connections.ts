/**
 * `fetch` with the TLS settings of a registry. The system's certificate authorities are trusted
 * besides the runtime's own; reading them costs 20 ms, so they are read at the first HTTPS request.
 * Proxies of the environment are used, as `fetch` does. The caller handles redirects.
 */
import { httpsClient } from "../session/logins/https_client.ts";
import type { Host } from "./hosts.ts";

/** Connections to registries, kept until they are disposed of. */
export interface Connections extends Disposable {
  /** Rejects as `fetch` does. `init.redirect` is `manual`. */
  fetch(host: Host, url: string, init: RequestInit): Promise<Response>;
}

export function connections(): Connections {
  const clients = new Map<string, Promise<Deno.HttpClient>>();

  function clientFor(url: string, { ca, keypair }: Host): Promise<Deno.HttpClient> {
    const secure = url.startsWith("https:");
    const key = secure ? JSON.stringify([ca, keypair]) : "";
    let client = clients.get(key);
    if (client === undefined) {
      client = secure
        ? httpsClient({ ca, ...keypair && { keypair } })
        : Promise.resolve(Deno.createHttpClient({ http2: false }));
      clients.set(key, client);
      client.catch(() => clients.delete(key));
    }
    return client;
  }

  return {
    async fetch(host, url, init) {
      if (!host.insecure) {
        try {
          return await fetch(url, { ...init, client: await clientFor(url, host) });
        } catch (error) {
          if (!/\bare blocked\b/.test((error as Error).message)) throw error;
        }
      }
      const { nodeFetch } = await import("./node_fetch.ts");
      return await nodeFetch(host, url, init);
    },
    [Symbol.dispose]() {
      for (const client of clients.values()) client.then((it) => it.close(), () => {});
    },
  };
}
