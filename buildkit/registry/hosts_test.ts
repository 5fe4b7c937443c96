import { deepEqual, equal } from "node:assert/strict";
import { isThisMachine } from "../../base/this_machine.ts";
import { hostsOf, type RegistryConfig } from "./hosts.ts";

function origins(domain: string, configs: Record<string, RegistryConfig> = {}) {
  return hostsOf(domain, new Map(Object.entries(configs))).map(({ origin }) => origin);
}

Deno.test("registries speak TLS, those of this machine don't", () => {
  deepEqual(origins("docker.io"), ["https://registry-1.docker.io"]);
  deepEqual(origins("r.io:5000"), ["https://r.io:5000"]);
  for (const host of ["localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000"]) {
    deepEqual(origins(host), [`http://${host}`]);
  }
  for (const host of ["127.0.0.1.example.com", "127.0.0.300", "1127.0.0.1", "[::2]:5000"]) {
    equal(isThisMachine(host), false, host);
  }
});

Deno.test("a configuration says otherwise", () => {
  deepEqual(origins("r.io", { "r.io": { http: true } }), ["http://r.io"]);
  deepEqual(origins("localhost:5", { "localhost:5": { http: false } }), ["https://localhost:5"]);
  deepEqual(origins("localhost:5", { "localhost:5": {} }), ["http://localhost:5"]);
  deepEqual(origins("r.io", { "r.io": { http: true, insecure: true } }), [
    "http://r.io",
    "https://r.io",
  ]);
  const [insecure] = hostsOf("r.io", new Map([["r.io", { insecure: true, ca: ["PEM"] }]]));
  deepEqual(insecure, {
    ...{ host: "r.io", origin: "https://r.io", root: "v2", pushable: true },
    ...{ insecure: true, ca: ["PEM"] },
  });
});

Deno.test("mirrors come first, by their own settings, and take no pushes", () => {
  const hosts = hostsOf(
    "docker.io",
    new Map<string, RegistryConfig>([
      ["docker.io", { mirrors: ["mirror.lan:5000", "127.0.0.1:6000"] }],
      ["mirror.lan:5000", { http: true }],
    ]),
  );
  deepEqual(hosts.map(({ origin, pushable, namespace }) => [origin, pushable, namespace]), [
    ["http://mirror.lan:5000", false, "docker.io"],
    ["http://127.0.0.1:6000", false, "docker.io"],
    ["https://registry-1.docker.io", true, undefined],
  ]);
});

Deno.test("a mirror's path stands behind /v2/, and origins are written as URLs write them", () => {
  const config = { mirrors: ["Harbor.lan:443/proxy/hub"] };
  const [mirror] = hostsOf("docker.io", new Map([["docker.io", config]]));
  equal(mirror?.origin, "https://harbor.lan");
  equal(mirror?.root, "v2/proxy/hub");
  equal(mirror?.host, "Harbor.lan:443");
});
