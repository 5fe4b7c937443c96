/** The hosts that serve a registry's content: its mirrors and itself, with TLS or without. */
import { isThisMachine } from "../../base/this_machine.ts";

/** The settings of a registry in buildkitd.toml: `[registry."HOST"]`. */
export interface RegistryConfig {
  /** Hosts that are asked before the registry, in order; a path may follow (`host/proxy`). */
  readonly mirrors?: readonly string[];
  /** True: without TLS. Undefined: without TLS for a host on this machine, as docker does. */
  readonly http?: boolean;
  /** With TLS, and any certificate is good. */
  readonly insecure?: boolean;
  /** Certificates of authorities (PEM) besides the system's. */
  readonly ca?: readonly string[];
  /** Client certificates (PEM), for a registry that demands one. The first is used. */
  readonly keypairs?: readonly KeyPair[];
}

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** One way to reach a registry. */
export interface Host {
  /** `https://registry-1.docker.io`, as URLs write it: in lower case, without a default port. */
  readonly origin: string;
  /** The path before a repository's name: `v2`, or `v2/proxy` of such a mirror. */
  readonly root: string;
  /** `registry-1.docker.io`: logins are looked up by it. */
  readonly host: string;
  /** False for mirrors. */
  readonly pushable: boolean;
  /**
   * The registry that a mirror stands in for, sent as `?ns=`; undefined for the registry itself.
   */
  readonly namespace?: string;
  readonly insecure: boolean;
  readonly ca: readonly string[];
  readonly keypair?: KeyPair;
}

/** The ways to reach a registry, in the order in which they are tried. */
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
  text: string,
  config: RegistryConfig,
  rest: Pick<Host, "pushable" | "namespace">,
): Host[] {
  const [host = "", ...path] = text.split("/");
  const [keypair] = config.keypairs ?? [];
  const way = (scheme: "http" | "https", insecure: boolean): Host => ({
    ...rest,
    ...{ host, insecure, ca: config.ca ?? [] },
    origin: URL.parse(`${scheme}://${host}`)?.origin ?? `${scheme}://${host}`,
    root: ["v2", ...path].join("/"),
    ...keypair && { keypair },
  });
  const plain = config.http ?? isThisMachine(host);
  const ways = [
    ...plain ? [way("http", false)] : [],
    ...config.insecure ? [way("https", true)] : [],
  ];
  return ways.length > 0 ? ways : [way("https", false)];
}
