import { ComposeError } from "../error.ts";
import { isMapping, textOf, type Value } from "./value.ts";

/** `extra_hosts`: the addresses of each host, joined by commas. Throws `ComposeError`. */
export function hostsOf(value: Value | undefined): Map<string, string> {
  const hosts = new Map<string, string[]>();
  if (isMapping(value)) {
    for (const [host, item] of value) {
      hosts.set(host, (Array.isArray(item) ? item : [item ?? ""]).map(textOf));
    }
  }
  for (const item of Array.isArray(value) ? value : []) {
    const text = textOf(item);
    // `=` is tried first, because an IPv6 address has colons.
    const separator = ["=", ":"].find((separator) => text.includes(separator));
    if (separator === undefined) {
      throw new ComposeError(`invalid additional host, missing IP: ${text}`);
    }
    const at = text.indexOf(separator);
    const host = text.slice(0, at);
    const addresses = hosts.get(host) ?? [];
    for (const address of text.slice(at + 1).split(",")) addresses.push(address);
    hosts.set(host, addresses);
  }
  return new Map([...hosts].map(([host, addresses]) => {
    if (host === "" || /[:=]/.test(host)) throw new ComposeError(`bad host name '${host}'`);
    return [host, addresses.map((address) => address.replace(/^\[(.+)\]$/, "$1")).join(",")];
  }));
}
