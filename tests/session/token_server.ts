/**
 * A token server of the tests' own (a mock): it signs what docker-registry believes
 * (https://distribution.github.io/distribution/spec/auth/jwt/), knows one login, and remembers who
 * asked for what. It does not look at `service`, and knows no refresh beyond one identity token.
 */
import type { Pair } from "../harness/certs.ts";
import { webServer } from "../harness/web_server.ts";

/** The login that it knows, in either form. */
export const login = { user: "me", password: "p4ss:w0rd", identityToken: "1dent1ty" };

export interface TokenServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/token` */
  readonly realm: string;
  /** `POST password fairlead`, `GET anonymous buildkit`: method, login, and who asked. */
  readonly asked: string[];
  /** Answers POST with this status, as servers do that know only GET. */
  refusePost?: number | undefined;
}

export const service = "fairlead test registry";
export const issuer = "fairlead test tokens";

/** @param signer a certificate whose CA the registry trusts */
export async function startTokenServer(signer: Pair): Promise<TokenServer> {
  const sign = await signerOf(signer);
  const asked: string[] = [];
  const web = webServer(async (request) => {
    const form = new URLSearchParams(await request.text());
    const who = (request.headers.get("user-agent") ?? "").split("/", 1)[0];
    const given = loginOf(request, form);
    asked.push(`${request.method} ${given} ${who}`);
    if (request.method === "POST" && server.refusePost) {
      return new Response("", { status: server.refusePost });
    }
    if (given === "wrong") return Response.json({ details: "wrong login" }, { status: 401 });
    const query = new URL(request.url).searchParams;
    const scopes = [...query.getAll("scope"), ...form.getAll("scope")].flatMap((s) => s.split(" "));
    const token = await sign({ scopes, pullOnly: given === "anonymous" });
    return Response.json({ token, access_token: token, expires_in: 300 });
  });
  const server: TokenServer = { ...web, realm: `${web.url}/token`, asked };
  return server;
}

function loginOf(request: Request, form: URLSearchParams): string {
  const basic = request.headers.get("authorization");
  if (basic !== null) {
    return basic === `Basic ${btoa(`${login.user}:${login.password}`)}` ? "password" : "wrong";
  }
  if (form.get("grant_type") === "refresh_token") {
    return form.get("refresh_token") === login.identityToken ? "identity" : "wrong";
  }
  if (form.get("grant_type") !== "password") return "anonymous";
  const right = form.get("username") === login.user && form.get("password") === login.password;
  return right ? "password" : "wrong";
}

type Sign = (grant: { scopes: string[]; pullOnly: boolean }) => Promise<string>;

async function signerOf({ cert, key }: Pair): Promise<Sign> {
  const der = async (path: string) =>
    Uint8Array.fromBase64((await Deno.readTextFile(path)).replace(/-----[^-]+-----|\s/g, ""));
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const private_ = await crypto.subtle.importKey("pkcs8", await der(key), algorithm, false, [
    "sign",
  ]);
  const chain = [(await der(cert)).toBase64()];
  const part = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  return async ({ scopes, pullOnly }) => {
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.filter((scope) => scope !== "").map((scope) => {
      const [type, name, actions] = scope.split(":") as [string, string, string];
      return { type, name, actions: pullOnly ? ["pull"] : actions.split(",") };
    });
    const claims = {
      ...{ iss: issuer, sub: "test", aud: service, jti: crypto.randomUUID() },
      ...{ iat: now, nbf: now - 10, exp: now + 300, access },
    };
    const head = `${part({ typ: "JWT", alg: "ES256", x5c: chain })}.${part(claims)}`;
    const hash = { name: "ECDSA", hash: "SHA-256" };
    const bytes = await crypto.subtle.sign(hash, private_, new TextEncoder().encode(head));
    return `${head}.${base64url(new Uint8Array(bytes))}`;
  };
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
