import { rootsAreEmpty } from "../../../transports/tls/roots.ts";

/** A client for HTTPS that trusts the system's authorities, too. Reading them costs 20 ms. */
export async function httpsClient(
  { ca, keypair }: { ca: readonly string[]; keypair?: { cert: string; key: string } },
): Promise<Deno.HttpClient> {
  const { getCACertificates } = await import("node:tls");
  return Deno.createHttpClient({
    // The windows of HTTP/2 slow large uploads down.
    http2: false,
    caCerts: [
      ...rootsAreEmpty() ? getCACertificates("bundled") : [],
      ...getCACertificates("system"),
      ...ca,
    ],
    ...keypair,
  });
}
