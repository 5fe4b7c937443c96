/**
 * The rules on where requests go besides the registry itself. A registry names other places in
 * redirects, as the location of an upload, and as its token server, and each of them is its own choice.
 */
import { ipText, parseIp } from "../../base/ip.ts";
import { isThisMachine } from "./hosts.ts";

/**
 * True when the login for a registry may be sent to a URL: to the registry itself alone. Its origin
 * (`https://host:port`) is HTTP only on this machine, or where the user's buildkitd.toml says so.
 */
export function mayCarryLogin(registry: string, to: URL): boolean {
  return to.origin === registry;
}

/**
 * Why the login for a registry isn't sent to its token server; undefined when it is. HTTP without TLS
 * is refused but to this machine, and to a host that the user's buildkitd.toml has asked that way.
 */
export function realmProblem(registry: string, realm: URL): string | undefined {
  if (realm.protocol === "https:" || isThisMachine(realm.host)) return undefined;
  if (realm.protocol === "http:" && realm.origin === registry) return undefined;
  return "a login is not sent without TLS";
}

/**
 * Why a request to a registry isn't sent on to another URL; undefined when it is. A registry on another
 * machine can't make this machine talk to services of its own.
 */
export function targetProblem(registry: string, to: URL): string | undefined {
  if (to.protocol !== "https:" && to.protocol !== "http:") {
    return `to a URL that is not HTTP: ${to.protocol}`;
  }
  if (to.username !== "" || to.password !== "") return "to a URL with a login in it";
  if (leadsHere(to) && !leadsHere(new URL(registry))) return `to this machine (${to.host})`;
  return undefined;
}

/** True for every spelling of this machine that systems connect to: `0.0.0.0`, `::ffff:127.0.0.1`. */
function leadsHere({ hostname }: URL): boolean {
  const name = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const address = parseIp(name);
  const text = address === undefined ? name : ipText(address);
  return /^(?:(?:.*\.)?localhost|(?:127|0)\..*|::1?)$/.test(text);
}
