/**
 * The rules on where requests go besides the registry itself. A registry names other places in
 * redirects, as the location of an upload, and as its token server, and each of them is its own
 * choice.
 */
import { ipText, parseIp } from "../../base/ip.ts";
import { isThisMachine } from "../../base/this_machine.ts";

/**
 * True when the login for a registry may be sent to a URL: to the registry itself alone.
 * `clearProblem` decides for an origin (`http://host:port`) without TLS.
 */
export function mayCarryLogin(registry: string, to: URL): boolean {
  return to.origin === registry;
}

/**
 * Why a login isn't sent to a URL; undefined when it is. HTTP without TLS is refused, except to
 * this machine and to the hosts that the user permits.
 */
export function clearProblem(to: URL, permitted: readonly string[]): string | undefined {
  if (to.protocol === "https:") return undefined;
  if (to.protocol === "http:" && (isThisMachine(to.host) || permitted.includes(to.host))) {
    return undefined;
  }
  return "a login is not sent without TLS to another machine";
}

/** As {@link clearProblem}, for a token server. Only the registry itself may be permitted. */
export function realmProblem(
  registry: string,
  realm: URL,
  permitted: readonly string[],
): string | undefined {
  return clearProblem(realm, realm.origin === registry ? permitted : []);
}

/**
 * Why a request to a registry isn't sent on to another URL; undefined when it is. A registry on
 * another machine can't make fairlead send requests to services on this machine.
 */
export function targetProblem(registry: string, to: URL): string | undefined {
  if (to.protocol !== "https:" && to.protocol !== "http:") {
    return `to a URL that is not HTTP: ${to.protocol}`;
  }
  if (to.username !== "" || to.password !== "") return "to a URL with a login in it";
  if (leadsHere(to) && !leadsHere(new URL(registry))) return `to this machine (${to.host})`;
  return undefined;
}

/**
 * True for every spelling of this machine that systems connect to: `0.0.0.0`, `::ffff:127.0.0.1`.
 */
function leadsHere({ hostname }: URL): boolean {
  const name = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const address = parseIp(name);
  const text = address === undefined ? name : ipText(address);
  return /^(?:(?:.*\.)?localhost|(?:127|0)\..*|::1?)$/.test(text);
}
