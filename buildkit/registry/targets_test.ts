import { equal } from "node:assert/strict";
import { mayCarryLogin, realmProblem, targetProblem } from "./targets.ts";

Deno.test("a login goes along to the registry alone", () => {
  const cases: [string, string, boolean][] = [
    ["https://r.io", "https://r.io/v2/", true],
    ["https://r.io", "https://r.io:443/v2/", true],
    ["https://r.io", "http://r.io/v2/", false],
    ["https://r.io", "https://r.io:444/v2/", false],
    ["https://r.io", "https://r.io.evil.example/", false],
    ["https://r.io", "https://evil.example/r.io", false],
    ["https://r.io", "https://r.io@evil.example/", false],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5001/", false],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5000/x", true],
  ];
  for (const [registry, to, may] of cases) equal(mayCarryLogin(registry, new URL(to)), may, to);
});

Deno.test("a token server is asked with a login by TLS, or on this machine", () => {
  const cases: [string, string, boolean][] = [
    ["https://r.io", "https://auth.io/token", true],
    ["https://r.io", "http://auth.io/token", false],
    ["https://r.io", "http://r.io/token", false],
    ["https://r.io", "http://127.0.0.1:1/token", true],
    ["https://r.io", "http://localhost.evil.example/token", false],
    // The user's buildkitd.toml has `http = true` for it.
    ["http://r.lan:5000", "http://r.lan:5000/token", true],
    ["http://r.lan:5000", "http://r.lan:5001/token", false],
    ["https://r.io", "ftp://auth.io/token", false],
  ];
  for (const [registry, realm, may] of cases) {
    equal(realmProblem(registry, new URL(realm)) === undefined, may, realm);
  }
});

Deno.test("where a registry may send requests on to", () => {
  const cases: [string, string, boolean][] = [
    ["https://r.io", "https://cdn.example/blob?signature=x", true],
    ["https://r.io", "http://cdn.example/blob", true],
    ["https://r.io", "http://127.0.0.1:2375/containers/create", false],
    ["https://r.io", "http://localhost/", false],
    ["https://r.io", "http://[::1]:80/", false],
    ["https://r.io", "http://2130706433/", false],
    ["https://r.io", "http://0x7f.1/", false],
    ["https://r.io", "http://0.0.0.0:2375/", false],
    ["https://r.io", "http://[::ffff:127.0.0.1]/", false],
    ["https://r.io", "http://localhost./", false],
    ["http://127.0.0.1:5000", "http://127.0.0.1:9000/bucket", true],
    ["https://r.io", "https://u:p@cdn.example/", false],
    ["https://r.io", "file:///etc/passwd", false],
    ["https://r.io", "data:,x", false],
  ];
  for (const [registry, to, may] of cases) {
    equal(targetProblem(registry, new URL(to)) === undefined, may, to);
  }
});
