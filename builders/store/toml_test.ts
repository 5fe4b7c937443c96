import { deepEqual, throws } from "node:assert/strict";
import { parseToml } from "./toml.ts";

Deno.test("a buildkitd.toml, by hand and as buildx writes it", () => {
  deepEqual(
    parseToml(`# comment
debug = true
insecure-entitlements = [ "network.host", 'security.insecure', ] # both
[worker.oci]
  gc = false
  max-parallelism = 4
[registry."docker.io"]
  mirrors = [
    "mirror.lan:5000", # first
    "other/path"
  ]
[registry]
[registry.'127.0.0.1:5000']
http = true
ca = ['/etc/buildkit/certs/a/ca.pem']

[[registry.'127.0.0.1:5000'.keypair]]
key = '/etc/k.pem'
cert = '/etc/c.pem'
[[registry.'127.0.0.1:5000'.keypair]]
key = 'k2'
`),
    {
      debug: true,
      "insecure-entitlements": ["network.host", "security.insecure"],
      worker: { oci: { gc: false, "max-parallelism": 4 } },
      registry: {
        "docker.io": { mirrors: ["mirror.lan:5000", "other/path"] },
        "127.0.0.1:5000": {
          http: true,
          ca: ["/etc/buildkit/certs/a/ca.pem"],
          keypair: [{ key: "/etc/k.pem", cert: "/etc/c.pem" }, { key: "k2" }],
        },
      },
    },
  );
});

Deno.test("values of every kind", () => {
  const values: [string, unknown][] = [
    [`"a\\tb \\u00e9 \\"q\\""`, 'a\tb é "q"'],
    [`'a\\tb'`, "a\\tb"],
    [`"""\nx\ny\\\n   z"""`, "x\nyz"],
    [`'''\n'a' \\'''`, "'a' \\"],
    ["1_000", 1000],
    ["-1.5e3", -1500],
    ["0xff", 255],
    ["[[1, 2], []]", [[1, 2], []]],
    ["{ a.b = 1, c = [{}] }", { a: { b: 1 }, c: [{}] }],
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02 03:04:05", "2026-01-02 03:04:05"],
  ];
  for (const [text, value] of values) deepEqual(parseToml(`k = ${text}`), { k: value }, text);
  deepEqual(parseToml('a."b.c".d = 1\r\n"" = 2'), { a: { "b.c": { d: 1 } }, "": 2 });
});

Deno.test("what is no TOML is refused, with its line", () => {
  const bad: [string, RegExp][] = [
    ["a = 1\nb", /line 2: = is missing/],
    ["a = ", /line 1: a value is missing/],
    ["a = nope", /line 1: nope is no value/],
    ["a = 1 b = 2", /line 1: more than one value/],
    ["\n\na = 1\na = 2", /line 4: a is set twice/],
    ["a = 1\n[a.b]", /line 2: a is no table/],
    ["a = [1, 2", /line 1: /],
    ['a = "x', /line 1: /],
    ["[a", /line 1: \] is missing/],
    ["= 1", /line 1: a key is missing/],
    ['a = "\\q"', /line 1: \\q means nothing/],
  ];
  for (const [text, message] of bad) {
    throws(() => parseToml(text), { name: "TomlError", message }, text);
  }
});
