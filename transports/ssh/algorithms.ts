/** The algorithms of a connection: fairlead's own, as changed by the lists of ssh_config. */
import { certificateAlgorithms, keyAlgorithms } from "./host_keys/certificate.ts";
import type { SshHostConfig } from "./config/config.ts";
import { SshConfigError } from "./config/config_error.ts";
import { matchesPatterns } from "./config/patterns.ts";
import { ALGORITHM_LISTS, type AlgorithmList } from "./config/settings.ts";

/** The algorithms that fairlead offers, by preference. */
export type SshAlgorithms = Readonly<Record<AlgorithmList, readonly string[]>> & {
  /** True when host keys are requested in exactly this order, whatever known_hosts holds. */
  readonly fixedOrder: boolean;
};

/** The default algorithms by the keyword that changes them, by preference. */
const USUAL: Readonly<Record<AlgorithmList, readonly string[]>> = {
  // chacha20 is first because it is the fastest in Deno: AES takes at least twice the time.
  Ciphers: [
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
  ],
  MACs: [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha1",
  ],
  // nistp521 is missing because Deno has no Diffie-Hellman of that curve.
  KexAlgorithms: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
  ],
  HostKeyAlgorithms: [...certificateAlgorithms, ...keyAlgorithms],
};

/** Algorithms that are offered only where a list names them. */
const MORE: Readonly<Partial<Record<AlgorithmList, readonly string[]>>> = {
  Ciphers: ["aes128-cbc", "aes192-cbc", "aes256-cbc"],
  KexAlgorithms: ["diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1"],
};

/**
 * Returns the default lists, as changed by the configuration: `+` appends, `-` removes the matches,
 * `^` moves to the head. Unknown algorithms are ignored. Throws `SshConfigError` where a list
 * becomes empty.
 */
export function algorithmsOf(of: SshHostConfig["algorithms"]): SshAlgorithms {
  const lists = ALGORITHM_LISTS.map((name) => [name, listOf(name, of)] as const);
  return {
    ...Object.fromEntries(lists) as Record<AlgorithmList, string[]>,
    fixedOrder: /^[^-+]/.test(of.HostKeyAlgorithms ?? ""),
  };
}

function listOf(name: AlgorithmList, of: SshHostConfig["algorithms"]): string[] {
  const usual = USUAL[name];
  const text = of[name];
  if (text === undefined) return [...usual];
  const known = [...usual, ...MORE[name] ?? []];
  const sign = /^[-+^]/.exec(text)?.[0];
  const list = text.slice(sign?.length ?? 0).split(",");
  const named = list.filter((each) => known.includes(each));
  const chosen = sign === "-"
    ? usual.filter((each) => !matchesPatterns(each, list))
    : sign === "+"
    ? [...usual, ...named]
    : sign === "^"
    ? [...named, ...usual]
    : named;
  if (chosen.length === 0) {
    throw new SshConfigError(
      `${name} ${text}`,
      "fairlead knows none of these",
      `it knows ${known.join(",")}`,
    );
  }
  return [...new Set(chosen)];
}
