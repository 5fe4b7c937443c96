import { deepEqual, throws } from "node:assert/strict";
import { nodeOf } from "../../tests/commands/stored_nodes.ts";
import type { NodeGroup } from "./node_group.ts";
import { registryConfigs } from "./registry_configs.ts";

function groupWith(files: Record<string, string>): NodeGroup {
  const encoded = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text).toBase64()]),
  );
  return {
    ...{ name: "b", driver: "docker-container", dynamic: false, extra: {} },
    nodes: [nodeOf("b0", { files: encoded })],
  };
}

Deno.test("registries of a buildkitd.toml, with the certificates that it names", () => {
  const toml = `debug = true
insecure-entitlements = [ "network.host", 'security.insecure', ] # both
[worker.oci]
  max-parallelism = 4
[registry."docker.io"]
  mirrors = [
    "mirror.lan:5000", # first
    "other/path"
  ]
[registry.'127.0.0.1:5000']
http = true
ca = ['/etc/buildkit/certs/a/ca.pem', '/elsewhere/ca.pem']

[[registry.'127.0.0.1:5000'.keypair]]
key = '/etc/buildkit/certs/a/k.pem'
cert = '/etc/buildkit/certs/a/c.pem'
[[registry.'127.0.0.1:5000'.keypair]]
key = 'k2'
[registry.__proto__]
insecure = true
`;
  const files = { "certs/a/ca.pem": "CA", "certs/a/k.pem": "KEY", "certs/a/c.pem": "CERT" };
  const configs = registryConfigs(groupWith({ "buildkitd.toml": toml, ...files }));
  const none = { mirrors: [], ca: [], keypairs: [] };
  deepEqual([...configs], [
    ["docker.io", { ...none, mirrors: ["mirror.lan:5000", "other/path"] }],
    ["127.0.0.1:5000", {
      ...none,
      http: true,
      ca: ["CA"],
      keypairs: [{ key: "KEY", cert: "CERT" }],
    }],
    ["__proto__", { ...none, insecure: true }],
  ]);
});

Deno.test("no buildkitd.toml, or one without registries, gives no settings", () => {
  deepEqual([...registryConfigs(groupWith({}))], []);
  deepEqual([...registryConfigs(groupWith({ "buildkitd.toml": "big = 9223372036854775807" }))], []);
  deepEqual([...registryConfigs(groupWith({ "buildkitd.toml": "registry = 3" }))], []);
});

Deno.test("a buildkitd.toml that is no TOML is refused, with its line", () => {
  const bad: [text: string, line: number][] = [
    ["a = 1\nb", 2],
    ["a = ", 1],
    ["a = 1 b = 2", 1],
    ["\n\na = 1\na = 2", 4],
    ["a = 1\n[a.b]", 2],
    ["[a]\n[b]\n[a]", 3],
    ["a = [1, 2", 1],
    ['a = "x', 1],
    ['a = "\\q"', 1],
    ["a = 01", 1],
    ["a = 1__0", 1],
  ];
  for (const [text, line] of bad) {
    const message = new RegExp(
      `^cannot read the buildkitd.toml of builder b: line ${line}, column \\d+: \\S`,
    );
    throws(() => registryConfigs(groupWith({ "buildkitd.toml": text })), { message }, text);
  }
});
