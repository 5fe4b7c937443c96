/**
 * A stand-in for GitHub's cache service of version 2: three JSON calls map keys to blobs. Azurite
 * keeps the blobs, as Azure does for GitHub, and clients reach them by signed URLs.
 */
import type { Azurite } from "./cache_servers.ts";

/** A server's URL, as `ACTIONS_RESULTS_URL` has it. */
export interface ActionsCache extends AsyncDisposable {
  readonly url: string;
}

const path = "/twirp/github.actions.results.api.v1.CacheService/";

/** Serves clients that send the token. */
export async function serveActionsCache(azurite: Azurite, token: string): Promise<ActionsCache> {
  const container = "actions";
  const made = await fetch(await signed(azurite, `${container}?restype=container`), {
    method: "PUT",
  });
  if (!made.ok) throw new Error(`Azurite: ${made.status} ${await made.text()}`);
  await made.body?.cancel();
  /** Blob by version and key; those that were finalised, in their order. */
  const reserved = new Map<string, string>(), there = new Map<string, string>();
  const answers: Record<string, (asked: Record<string, unknown>) => Promise<unknown>> = {
    async CreateCacheEntry({ key, version }) {
      const name = `${version} ${key}`;
      if (reserved.has(name)) return { ok: false };
      const blob = `${container}/${crypto.randomUUID()}`;
      reserved.set(name, blob);
      return { ok: true, signed_upload_url: await signed(azurite, blob) };
    },
    FinalizeCacheEntryUpload({ key, version }) {
      const name = `${version} ${key}`;
      there.set(name, reserved.get(name)!);
      return Promise.resolve({ ok: true, entry_id: String(there.size) });
    },
    async GetCacheEntryDownloadURL({ key, restore_keys = [], version }) {
      // The key itself, else the newest that begins with one of the others.
      const names = [...there.keys()].reverse();
      const name = names.find((name) => name === `${version} ${key}`) ??
        (restore_keys as string[]).map((start) =>
          names.find((name) => name.startsWith(`${version} ${start}`))
        ).find((name) => name !== undefined);
      if (name === undefined) return { ok: false };
      return {
        ok: true,
        signed_download_url: await signed(azurite, there.get(name)!),
        matched_key: name.slice(name.indexOf(" ") + 1),
      };
    },
  };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const answer = pathname.startsWith(path) ? answers[pathname.slice(path.length)] : undefined;
      if (request.headers.get("authorization") !== `Bearer ${token}`) {
        return Response.json({ code: "unauthenticated", msg: "another token" }, { status: 401 });
      }
      if (!answer) return Response.json({ code: "bad_route", msg: pathname }, { status: 404 });
      return Response.json(await answer(await request.json()));
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** https://learn.microsoft.com/rest/api/storageservices/create-account-sas */
async function signed({ account, key, url }: Azurite, place: string): Promise<string> {
  const terms = { sp: "rwdlac", ss: "b", srt: "sco", st: "", se: "2099-01-01T00:00:00Z" };
  const more = { sip: "", spr: "https,http", sv: "2019-12-12" };
  const text = [account, ...Object.values(terms), ...Object.values(more), ""].join("\n");
  const secret = await crypto.subtle.importKey(
    "raw",
    Uint8Array.fromBase64(key),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const sum = await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(text));
  const query = new URLSearchParams(
    Object.entries({ ...terms, ...more }).filter(([, value]) => value !== ""),
  );
  query.set("sig", new Uint8Array(sum).toBase64());
  return `${url}/${place}${place.includes("?") ? "&" : "?"}${query}`;
}
