/**
 * `fetch` by the TLS settings of a registry. With TLS the system's authorities hold beside the
 * runtime's own: they cost 20 ms, so they are read when the first such registry is asked.
 * Proxies of the environment hold, as `fetch` knows them.
 */
import { httpsClient } from "../session/https_client.ts";
import type { Host } from "./hosts.ts";

/** Connections to registries, kept until they are disposed of. */
export interface Connections extends Disposable {
  /** Rejects as `fetch` does. */
  fetch(host: Host, url: string, init: RequestInit): Promise<Response>;
}

export function connections(): Connections {
  const clients = new Map<string, Promise<Deno.HttpClient>>();

  function clientFor(host: Host): Promise<Deno.HttpClient> {
    const { ca, keypair } = host;
    const secure = host.origin.startsWith("https:");
    const key = secure ? JSON.stringify([ca, keypair]) : "";
    let client = clients.get(key);
    if (client === undefined) {
      client = makeClient(secure, host);
      clients.set(key, client);
      client.catch(() => clients.delete(key));
    }
    return client;
  }

  return {
    async fetch(host, url, init) {
      if (!host.insecure) {
        try {
          return await fetch(url, { ...init, client: await clientFor(host) });
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

async function makeClient(secure: boolean, host: Host): Promise<Deno.HttpClient> {
  return secure ? await httpsClient(host) : Deno.createHttpClient({ http2: false });
}
