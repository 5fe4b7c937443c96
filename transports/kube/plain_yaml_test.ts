import assert from "node:assert/strict";
import { stringify } from "yaml";
import { readPlainYaml } from "./plain_yaml.ts";
import { readYaml } from "./yaml.ts";

/** As kubectl writes one. */
const KUBECTLS = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTi0tLS0tCg==
    server: https://127.0.0.1:6443
  name: here
contexts:
- context:
    cluster: here
    namespace: builds
    user: arn:aws:eks:eu-west-1:1:cluster/x
  name: dev
current-context: dev
kind: Config
preferences: {}
users:
- name: arn:aws:eks:eu-west-1:1:cluster/x
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - --region
      - eu-west-1
      - "0123"
      command: aws
      env: null
      interactiveMode: IfAvailable
      provideClusterInfo: false
- name: b
  user:
    as-groups: []
    token: 00012
`;

/** As by hand: lists further in, comments, quotes. */
const BY_HAND = `---
# mine
clusters:
  - name: 'here'
    cluster:
      server: "https://[::1]:6443"   

      # no CA
      insecure-skip-tls-verify: true
  - name: there
    cluster: {}
`;

Deno.test("kubeconfigs as kubectl and people write them need no library", () => {
  for (const text of [KUBECTLS, BY_HAND, stringify(readYaml(KUBECTLS))]) {
    assert.deepEqual(readPlainYaml(text), readYaml(text));
  }
});

Deno.test("what is more than plain is left to the library", () => {
  const others = [
    ...["", "{}x", "a: |\n  b", "a: >-\n  b", "a: &x b", "a: *x", "a: !!str b", "a: {b: c}"],
    ...["a: [b]", "a: b\n  c", "- a\n  b", "a: b # c", "a: b: c", "a: b:", "a:\n", 'a: "\\n"'],
    ...["a: 'it''s'", "? a", "a: b\n---\nc: d", "\ta: b", "a:\tb", "a: b\r\nc: d\r\n", "a: ä"],
    ...["a: 1\na: 2", "<<: b", '"a": b', "-", "a:\n  b: c\n d: e", "- a: b\n   c: d", "...", "%a"],
  ];
  for (const text of others) assert.equal(readPlainYaml(text), undefined, JSON.stringify(text));
});

Deno.test("whatever is read as plain is what the library reads", () => {
  let state = 7;
  const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
  const parts = [
    ...[
      "a",
      "b: ",
      "c:",
      ": ",
      "- ",
      "-",
      "  ",
      " ",
      "\n",
      "\n  ",
      "\n- ",
      "#",
      " #",
      "'",
      '"',
      "{}",
    ],
    ...[
      "[]",
      "x: y",
      "---\n",
      "|",
      ">",
      "&",
      "*",
      "!",
      "?",
      "%",
      "@",
      ",",
      "[",
      "}",
      "\\",
      "~",
      "\t",
    ],
  ];
  let plain = 0;
  for (let i = 0; i < 4_000; i++) {
    let text = [KUBECTLS, BY_HAND, "a: b\nc:\n- d\n- e: f\n", ""][random(4)]!;
    for (let changes = 1 + random(text === "" ? 12 : 3); changes > 0; changes--) {
      const at = random(text.length + 1);
      const part = parts[random(parts.length)]!;
      text = text.slice(0, at) + part + text.slice(at + random(3));
    }
    const value = readPlainYaml(text);
    if (value === undefined) continue;
    plain++;
    assert.deepEqual(value, readYaml(text), JSON.stringify(text));
  }
  assert(plain > 300, `${plain} were plain`);
});
