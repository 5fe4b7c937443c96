import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  CredentialsRequest,
  CredentialsResponse,
  FetchTokenRequest,
  FetchTokenResponse,
  GetTokenAuthorityRequest,
  GetTokenAuthorityResponse,
} from "../../proto/gen/auth.ts";
import { callMethod } from "../../tests/session/fake_call.ts";
import { Code } from "../grpc/status.ts";
import { auth, type AuthOptions } from "./auth.ts";
import type { Credential } from "./logins/credentials.ts";
import { tokenAuthority } from "./logins/token_authority.ts";

const logins: Record<string, Credential> = {
  "a.io": { username: "u", secret: "p" },
  "idt.io": { username: "", secret: "idt" },
  "bearer.io": { username: "", secret: "", registryToken: "rt" },
};
const made = tokenAuthority(() => Promise.resolve(new Uint8Array(16)));
const authority = () => Promise.resolve(made);

function service(options: Partial<AuthOptions> = {}) {
  const credentials = {
    lookup: (host: string) => Promise.resolve(logins[host.replace(/^127\..*/, "a.io")]),
    has: (host: string) => Promise.resolve(Boolean(logins[host]?.secret)),
  };
  return auth({ credentials, authority, ...options });
}

async function call(method: string, request: Uint8Array, options: Partial<AuthOptions> = {}) {
  const path = `/moby.filesync.v1.Auth/${method}`;
  return (await callMethod(service(options), path, { messages: [request] }))[0]!;
}

Deno.test("Credentials: a login, or empty strings; noted once", async () => {
  const notes: string[] = [];
  const shared = service({ note: (line) => notes.push(line) });
  const ask = async (Host: string) => {
    const request = CredentialsRequest.encode({ Host }).finish();
    const path = "/moby.filesync.v1.Auth/Credentials";
    const [answer] = await callMethod(shared, path, { messages: [request] });
    return CredentialsResponse.decode(answer!);
  };
  deepEqual(await ask("a.io"), { Username: "u", Secret: "p" });
  deepEqual(await ask("a.io"), { Username: "u", Secret: "p" });
  deepEqual(await ask("idt.io"), { Username: "", Secret: "idt" });
  deepEqual(await ask("other.io"), { Username: "", Secret: "" });
  deepEqual(notes, [
    "[auth] sharing credentials for a.io",
    "[auth] sharing credentials for idt.io",
  ]);
});

Deno.test("FetchToken: a registry token as it is, else from the realm", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => Response.json({ token: "t", expires_in: 100 }),
  );
  try {
    const notes: string[] = [];
    const ask = async (Host: string) => {
      const request = FetchTokenRequest.encode({
        ClientID: "buildkit-client",
        Host,
        Realm: `http://127.0.0.1:${server.addr.port}/token`,
        Service: "s",
        Scopes: ["repository:x:pull"],
      }).finish();
      return FetchTokenResponse.decode(
        await call("FetchToken", request, { note: (line) => notes.push(line) }),
      );
    };
    deepEqual(await ask("bearer.io"), { Token: "rt", ExpiresIn: 60n, IssuedAt: 0n });
    const host = `127.0.0.1:${server.addr.port}`;
    deepEqual(await ask(host), { Token: "t", ExpiresIn: 100n, IssuedAt: 0n });
    deepEqual(await ask("other.io"), { Token: "t", ExpiresIn: 100n, IssuedAt: 0n });
    deepEqual(notes, [
      "[auth] sharing the registry token for bearer.io",
      `[auth] x:pull token for ${host}`,
    ]);
    // A login goes to no server that the registry doesn't name.
    await rejects(ask("a.io"), { code: Code.PERMISSION_DENIED });
    equal(notes.length, 2);
  } finally {
    await server.shutdown();
  }
});

Deno.test("keys differ by login, and are refused where tokens are off", async () => {
  const Salt = new Uint8Array(32);
  const key = async (Host: string) => {
    const request = GetTokenAuthorityRequest.encode({ Host, Salt }).finish();
    const answer = await call("GetTokenAuthority", request);
    return GetTokenAuthorityResponse.decode(answer).PublicKey.toHex();
  };
  equal(await key("x.io"), await key("y.io"), "who has no login shares");
  equal(await key("x.io") === await key("a.io"), false);
  const request = GetTokenAuthorityRequest.encode({ Host: "a.io", Salt }).finish();
  await rejects(call("GetTokenAuthority", request, { authority: undefined }), {
    code: Code.UNAVAILABLE,
    message: "client side tokens disabled",
  });
});

Deno.test("texts of the daemon's begin no line of ours", async () => {
  const hosts = [
    "",
    "a.io\r[auth] all is well",
    "a.io b",
    "a.io/x",
    "a.io:x",
    "u@a.io",
    "\x1b[2Ja.io",
    "é.io",
  ];
  for (const Host of hosts) {
    for (const method of ["Credentials", "FetchToken", "GetTokenAuthority"]) {
      const request = method === "Credentials"
        ? CredentialsRequest.encode({ Host }).finish()
        : method === "FetchToken"
        ? FetchTokenRequest.encode({ Host, ClientID: "", Realm: "", Service: "", Scopes: [] })
          .finish()
        : GetTokenAuthorityRequest.encode({ Host, Salt: new Uint8Array(32) }).finish();
      await rejects(call(method, request), { code: Code.INVALID_ARGUMENT }, `${method} ${Host}`);
    }
  }
});
