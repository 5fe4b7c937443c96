import { equal, match, rejects } from "node:assert/strict";
import { Code } from "../../grpc/status.ts";
import { fetchToken } from "./token_fetch.ts";
import { checkRealm } from "./token_realm.ts";

const never = new AbortController().signal;
const login = { username: "me", secret: "hunter2" };
const want = (host: string, realm: string) => ({ host, realm, service: "s", scopes: ["a"] });

/** A server of this test's own, and all that it was asked. */
async function withServer(
  answer: (request: Request, origin: string) => Response,
  body: (host: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const { authorization } = Object.fromEntries(request.headers);
    asked.push(
      `${request.method} ${pathname} ${authorization ?? ""}${await request.text()}`.trim(),
    );
    return answer(request, new URL(request.url).origin);
  });
  try {
    await body(`127.0.0.1:${server.addr.port}`, asked);
  } finally {
    await server.shutdown();
  }
}

const challenge = (header: string) => () =>
  new Response("", { status: 401, headers: { "www-authenticate": header } });

Deno.test("a realm that a daemon makes up is refused, before anything is asked of it", async () => {
  const realms = [
    "http://evil.example/token",
    "http://10.0.0.1/token",
    "http://reg.example/token",
    "http://127.0.0.1.evil.example/token",
    "https://me:pw@reg.example/token",
    "https://auth.docker.io/token/",
    "https://auth.docker.io.evil.example/token",
  ];
  for (const realm of realms) {
    const host = realm.includes("docker") ? "127.0.0.1:9" : "reg.example";
    await rejects(checkRealm(want(host, realm), never), ({ code, message }) => {
      equal(code, host === "127.0.0.1:9" ? Code.UNAVAILABLE : Code.PERMISSION_DENIED);
      match(message, /^cannot get a token for /);
      return true;
    }, realm);
  }
});

Deno.test("the registry itself, and Docker Hub's server, are taken without asking", async () => {
  await checkRealm(want("ghcr.io", "https://ghcr.io/token"), never);
  await checkRealm(want("registry-1.docker.io", "https://auth.docker.io/token"), never);
  await checkRealm(want("127.0.0.1:9", "http://127.0.0.1:9/token"), never);
});

Deno.test("another server is taken where the registry names it, and nowhere else", async () => {
  const realm = "http://127.0.0.1:1/token";
  const headers: [header: string, taken: boolean][] = [
    [`Bearer realm="${realm}",service="s"`, true],
    [`Bearer realm="${realm}?account=x"`, true],
    [`Basic realm="x", Bearer realm="${realm}"`, true],
    [`Bearer realm="${realm}/"`, false],
    [`Bearer realm="http://127.0.0.1:2/token"`, false],
    [`Basic realm="${realm}"`, false],
    [`Bearer realm="no url"`, false],
    [`Bearer ${" ".repeat(12_000)}x`, false],
    ["", false],
  ];
  for (const [header, taken] of headers) {
    await withServer(challenge(header), async (host, asked) => {
      const checked = checkRealm(want(host, realm), never);
      if (taken) await checked;
      else await rejects(checked, { code: Code.PERMISSION_DENIED }, header);
      equal(asked.join(), "GET /v2/");
    });
  }
});

Deno.test("a login follows no redirect", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    await withServer(
      (_, origin) => new Response(null, { status, headers: { location: `${origin}/other` } }),
      async (host, asked) => {
        const got = fetchToken(want(host, `http://${host}/token`), login, never);
        await rejects(got, /: it redirects to another address, to which no login is sent$/);
        equal(asked.length, 1);
      },
    );
    // Neither does the older way.
    await withServer(
      ({ method }, origin) =>
        method === "POST"
          ? new Response(null, { status: 404 })
          : new Response(null, { status, headers: { location: `${origin}/other` } }),
      async (host, asked) => {
        await rejects(fetchToken(want(host, `http://${host}/token`), login, never), /redirects/);
        equal(asked.length, 2);
      },
    );
  }
});

Deno.test("an answer without an end is given up, and odd times become usual ones", async () => {
  const endless = () =>
    new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65536)) });
  await withServer(() => new Response(endless()), async (host) => {
    await rejects(fetchToken(want(host, `http://${host}/t`), login, never), /larger than 1 MiB$/);
  });
  const times: [expires: string, seconds: number][] = [
    ["1e999", 2 ** 31 - 1],
    ["-1e999", 60],
    ["1e300", 2 ** 31 - 1],
    ["-5", 60],
    ["0", 60],
    ["0.5", 60],
    ['"300"', 300],
    ["{}", 60],
    ["null", 60],
  ];
  for (const [expires, seconds] of times) {
    const text = `{"token":"t","expires_in":${expires},"issued_at":"9e99"}`;
    await withServer(() => new Response(text), async (host) => {
      const { expiresIn, issuedAt } = await fetchToken(
        want(host, `http://${host}/t`),
        login,
        never,
      );
      equal(expiresIn, seconds, expires);
      equal(issuedAt, undefined);
    });
  }
});
