/** The remedies for failures between the builder and registries, and of the builder's machine. */

type Rule = (match: RegExpExecArray) => string | undefined;

export const MACHINE_RULES: readonly (readonly [RegExp, Rule])[] = [
  [
    /dial tcp: lookup (\S+?)(?: on \S+)?: (?:no such host|server misbehaving|.*i\/o timeout)/,
    ([, host]) =>
      `the builder, not this machine, looks up ${host}: check the spelling, and the DNS servers of ` +
      "the builder's machine",
  ],
  [
    /dial tcp (127\.\S+|\[::1\]:\d+): connect: connection refused/,
    ([, address]) =>
      `${address} is an address of the builder's machine, not of this one: name a host that the ` +
      "builder can reach",
  ],
  [
    /dial tcp (\S+): (?:connect: (?:connection refused|network is unreachable|no route to host)|i\/o timeout)/,
    ([, address]) =>
      `the builder, not this machine, can't reach ${address}: check the network, the firewall and ` +
      "the proxy of the builder's machine",
  ],
  [
    /"https?:\/\/([^/"]+).*x509: certificate signed by unknown authority/,
    ([, host]) =>
      `the builder does not trust the certificate of ${host}: add ca = ["FILE"] to ` +
      `[registry."${host}"] in its buildkitd.toml`,
  ],
  [
    /"https?:\/\/([^/"]+).*server gave HTTP response to HTTPS client/,
    ([, host]) =>
      `${host} has no TLS: add http = true to [registry."${host}"] in the builder's buildkitd.toml`,
  ],
  [
    /toomanyrequests|429 Too Many Requests/i,
    () => "the registry limits requests: wait, or log in with 'docker login' on this machine",
  ],
  [
    /(?:pull access denied|insufficient_scope|authorization failed|no basic auth credentials|401 Unauthorized|403 Forbidden)/,
    (match) => loginHint(match.input),
  ],
  [
    // About a file that this side writes, the message names that file.
    /^(?!.*\bcannot (?:write|create) ).*(?:no space left on device|disk quota exceeded)/s,
    () => "the disk of the builder's machine is full: 'fairlead prune' removes unused build cache",
  ],
];

/** The daemon asks this side for logins, so they are those of this machine. */
function loginHint(message: string): string {
  const push = /failed to push ([^/\s]+)\//.exec(message)?.[1];
  const host = push ?? /"https?:\/\/([^/"]+)/.exec(message)?.[1] ??
    /resolve source metadata for ([^/\s]+)\//.exec(message)?.[1] ?? "the registry";
  const name = host === "docker.io" || host === "registry-1.docker.io" || host === "auth.docker.io"
    ? ""
    : ` ${host}`;
  return "check the image's name; a private image, and a push, need a login on this machine: " +
    `docker login${name}`;
}
