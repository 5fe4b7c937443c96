import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Code } from "../../grpc/status.ts";
import { fetchToken, type TokenRequest } from "./token_fetch.ts";

interface Asked {
  method: string;
  query: [string, string][];
  form: Record<string, string>;
  authorization: string | null;
}

/** A token server of this test: answers with the result of `answer`, and records its requests. */
async function withServer(
  answer: (asked: Asked) => Response,
  body: (realm: string, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const one = {
      method: request.method,
      query: [...url.searchParams],
      form: Object.fromEntries(new URLSearchParams(await request.text())),
      authorization: request.headers.get("authorization"),
    };
    asked.push(one);
    return answer(one);
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}/token?keep=1`, asked);
  } finally {
    await server.shutdown();
  }
}

const want = (realm: string): TokenRequest => ({
  host: "reg.example",
  realm,
  service: "reg",
  scopes: ["repository:a/b:pull,push", "repository:c:pull"],
});
const login = { username: "me", secret: "hunter2" };
const never = new AbortController().signal;

Deno.test("as nobody: GET, a scope each", () =>
  withServer(() => Response.json({ token: "t" }), async (realm, asked) => {
    deepEqual(await fetchToken(want(realm), undefined, never), {
      token: "t",
      expiresIn: 60,
      issuedAt: undefined,
    });
    deepEqual(asked, [{
      method: "GET",
      query: [
        ["keep", "1"],
        ["service", "reg"],
        ["scope", "repository:a/b:pull,push"],
        ["scope", "repository:c:pull"],
      ],
      form: {},
      authorization: null,
    }]);
  }));

Deno.test("with a login: POST of a password, or of an identity token", () =>
  withServer(
    () => Response.json({ access_token: "t", expires_in: 300, issued_at: "2024-01-02T03:04:05Z" }),
    async (realm, asked) => {
      deepEqual(await fetchToken(want(realm), login, never), {
        token: "t",
        expiresIn: 300,
        issuedAt: 1704164645,
      });
      await fetchToken(want(realm), { username: "", secret: "idt" }, never);
      const common = {
        service: "reg",
        client_id: "buildkit-client",
        scope: "repository:a/b:pull,push repository:c:pull",
      };
      deepEqual(asked.map(({ method, form }) => ({ method, form })), [
        {
          method: "POST",
          form: { ...common, grant_type: "password", username: "me", password: "hunter2" },
        },
        {
          method: "POST",
          form: { ...common, grant_type: "refresh_token", refresh_token: "idt" },
        },
      ]);
    },
  ));

Deno.test("a server that knows no POST is asked by GET with Basic authentication", async () => {
  for (const status of [401, 404, 405]) {
    await withServer(
      ({ method }) =>
        method === "POST" ? new Response("no", { status }) : Response.json({ token: "t" }),
      async (realm, asked) => {
        equal((await fetchToken(want(realm), login, never)).token, "t");
        equal(asked[1]!.authorization, `Basic ${btoa("me:hunter2")}`);
      },
    );
  }
});

Deno.test("failures name server and status, and no secret", async () => {
  const failing: [() => Response, number, string][] = [
    [() => new Response("hunter2", { status: 403 }), Code.PERMISSION_DENIED, "403 Forbidden"],
    [() => new Response("x", { status: 500 }), Code.UNAVAILABLE, "500 Internal Server Error"],
    [() => new Response("x", { status: 401 }), Code.UNAUTHENTICATED, "401 Unauthorized"],
    [() => new Response("<html>"), Code.UNAVAILABLE, "its answer is not valid JSON"],
    [() => Response.json({}), Code.UNAVAILABLE, "its answer holds no token"],
    [() => Response.json(null), Code.UNAVAILABLE, "its answer holds no token"],
  ];
  for (const [answer, code, reason] of failing) {
    await withServer(answer, async (realm) => {
      await rejects(fetchToken(want(realm), login, never), {
        name: "RpcError",
        code,
        message: `cannot get a token for reg.example from ${realm.split("?")[0]}: ${reason}`,
      });
    });
  }
  for (const realm of ["", "file:///etc/passwd", "auth.example/token"]) {
    await rejects(fetchToken(want(realm), login, never), { code: Code.INVALID_ARGUMENT });
  }
  // Nobody listens on this port; the runtime blocks requests to port 1.
  const realm = "http://127.0.0.1:2/token";
  const gone = await fetchToken(want(`${realm}?hunter2=(x)`), login, never).catch((e) => e);
  equal(gone.code, Code.UNAVAILABLE);
  const start = `cannot get a token for reg.example from ${realm}: client error (Connect)`;
  ok(gone.message.startsWith(start) && /refused/.test(gone.message), gone.message);
  ok(!gone.message.includes("hunter2"), gone.message);
});

Deno.test("the end of the call ends the request", () =>
  withServer(() => Response.json({ token: "t" }), async (realm) => {
    await rejects(fetchToken(want(realm), login, AbortSignal.abort(new Error("over"))), {
      message: "over",
    });
  }));
