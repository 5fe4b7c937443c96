/**
 * Decides whether a login may go to the token server ("realm") that a daemon names. The daemon
 * reports the registry's challenge, and a hostile daemon could name its own server. So a login
 * goes to the registry itself, or to the server that the registry names when this side asks it.
 */
import { Code, RpcError } from "../../grpc/status.ts";
import { isThisMachine } from "../../../base/this_machine.ts";
import { parseChallenges } from "../../registry/challenge.ts";
import { realmUrl, type TokenRequest } from "./token_fetch.ts";
import { openWeb } from "./web.ts";

/** Docker Hub's realm, which is known without a request. */
const HUB: readonly [host: string, realm: string] = [
  "registry-1.docker.io",
  "https://auth.docker.io/token",
];

/**
 * Resolves when the realm is the registry's own. Throws `RpcError` PERMISSION_DENIED for one that
 * is not, or to which a login would go unencrypted, and UNAVAILABLE when the registry can't be
 * asked.
 */
export async function checkRealm(request: TokenRequest, signal: AbortSignal): Promise<void> {
  const { host } = request;
  const realm = realmUrl(request);
  const named = `${realm.origin}${realm.pathname}`;
  const refuse = (reason: string, code: number = Code.PERMISSION_DENIED) =>
    new RpcError(code, `cannot get a token for ${host} from ${named}: ${reason}`);
  if (realm.username !== "" || realm.password !== "") throw refuse("its address contains a login");
  if (realm.protocol === "http:" && !(isThisMachine(realm.host) && isThisMachine(host))) {
    throw refuse("a login goes to another machine only by HTTPS");
  }
  if (realm.host === host || (host === HUB[0] && named === HUB[1])) return;
  const unreachable = (reason: string) =>
    refuse(
      `cannot ask ${host} whether that is its token server: ${reason}. ` +
        "BUILDKIT_NO_CLIENT_TOKEN=1 hands the login itself to the builder",
      Code.UNAVAILABLE,
    );
  const own = await ownRealms(host, signal, unreachable);
  if (own.includes(named)) return;
  throw refuse(
    own.length === 0
      ? "the registry names no token server"
      : `the registry names ${own.join(" and ")} as its token server`,
  );
}

/** The realms of the registry's challenge, without their queries. */
async function ownRealms(
  host: string,
  signal: AbortSignal,
  failure: (reason: string) => Error,
): Promise<string[]> {
  using web = openWeb({ signal, failure });
  const ask = (scheme: string) =>
    web.ask(new URL(`${scheme}://${host}/v2/`), { redirect: "manual" });
  const answer = isThisMachine(host)
    ? await ask("http").catch(() => ask("https"))
    : await ask("https");
  return parseChallenges(answer.headers.get("www-authenticate") ?? "")
    .flatMap(({ scheme, parameters: { realm } }) => {
      if (scheme !== "bearer" || realm === undefined || !URL.canParse(realm)) return [];
      const { origin, pathname } = new URL(realm);
      return [`${origin}${pathname}`];
    });
}
