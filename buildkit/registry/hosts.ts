/** Where the content of a registry is asked for: its mirrors, itself, by TLS or without. */

/** What buildkitd.toml says of a registry: `[registry."HOST"]`. */
export interface RegistryConfig {
  /** Hosts that are asked before it, in order. */
  readonly mirrors?: readonly string[];
  /** True: without TLS. Undefined: without TLS for a host on this machine, as docker does. */
  readonly http?: boolean;
  /** With TLS, whatever certificate it shows. */
  readonly insecure?: boolean;
  /** Certificates of authorities (PEM) beside the system's. */
  readonly ca?: readonly string[];
  /** Ours (PEM), for a registry that demands one. The first counts. */
  readonly keypairs?: readonly KeyPair[];
}

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** One way to a registry. */
export interface Host {
  /** `https://registry-1.docker.io`: what `/v2/…` is put after. */
  readonly origin: string;
  /** `registry-1.docker.io`: what logins are looked up by. */
  readonly host: string;
  /** Mirrors are not pushed to. */
  readonly pushable: boolean;
  /** The registry that it stands in for, told as `?ns=`; undefined for the registry itself. */
  readonly namespace?: string;
  readonly insecure: boolean;
  readonly ca: readonly string[];
  readonly keypair?: KeyPair;
}

/** The ways to a registry, in the order in which they are tried. */
export function hostsOf(
  domain: string,
  configs: ReadonlyMap<string, RegistryConfig>,
): Host[] {
  const config = configs.get(domain);
  const mirrors = (config?.mirrors ?? []).flatMap((mirror) =>
    waysTo(mirror, configs.get(mirror) ?? {}, {
      pushable: false,
      ...mirror !== domain && { namespace: domain },
    })
  );
  const host = domain === "docker.io" ? "registry-1.docker.io" : domain;
  return [...mirrors, ...waysTo(host, config ?? {}, { pushable: true })];
}

function waysTo(
  host: string,
  config: RegistryConfig,
  rest: Pick<Host, "pushable" | "namespace">,
): Host[] {
  const [keypair] = config.keypairs ?? [];
  const way = (scheme: "http" | "https", insecure: boolean): Host => ({
    ...rest,
    ...{ host, origin: `${scheme}://${host}`, insecure, ca: config.ca ?? [] },
    ...keypair && { keypair },
  });
  const plain = config.http ?? isThisMachine(host);
  const ways = [
    ...plain ? [way("http", false)] : [],
    ...config.insecure ? [way("https", true)] : [],
  ];
  return ways.length > 0 ? ways : [way("https", false)];
}

/** `localhost` and the loopback addresses, with a port or without. */
export function isThisMachine(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, "");
  return name === "localhost" || host === "::1" || name === "[::1]" ||
    /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(name);
}
