import assert from "node:assert/strict";
import { says } from "../../../tests/transports/says.ts";
import { kubeTarget } from "./config.ts";
import { KubeConfigError } from "./files.ts";

const FULL = `# as kubectl writes it
apiVersion: v1
kind: Config
preferences: {}
current-context: dev
contexts:
- context:
    cluster: one
    user: me
    namespace: ci
  name: dev
- {name: bare, context: {cluster: one, user: "", namespace: null}}
- {name: lost, context: {cluster: gone, user: me}}
- {name: nobody, context: {cluster: one, user: gone}}
- {name: blank, context: {cluster: empty}}
- {name: both, context: {cluster: both}}
- {name: old, context: {cluster: one, user: old}}
- {name: inline, context: {cluster: inline, user: inline}}
- {name: broken, context: {cluster: one, user: broken}}
- {name: address, context: {cluster: address}}
- {name: lax, context: {cluster: lax, namespace: a/../b}}
clusters:
- name: one
  cluster:
    server: https://10.0.0.1:6443/prefix/
    certificate-authority: pki/ca.crt
    tls-server-name: kubernetes
    proxy-url: socks5://proxy:1080
- {name: empty, cluster: {}}
- {name: both, cluster: {server: "https://h", certificate-authority: a, insecure-skip-tls-verify: true}}
- name: inline
  cluster:
    server: http://127.0.0.1:8001
    certificate-authority: pki/ca.crt
    certificate-authority-data: aGVsbG8=
    extensions: [{name: x, extension: {a: 1}}]
- {name: address, cluster: {server: "10.0.0.1:6443"}}
- {name: lax, cluster: {server: "https://h", insecure-skip-tls-verify: yes}}
users:
- name: me
  user:
    token: 0123456789
    tokenFile: /var/token
    client-certificate: /abs/client.crt
    client-key: client.key
    as: jane
    as-uid: "7"
    as-groups: [a, b]
    as-user-extra: {Scope/x: [c]}
- {name: old, user: {auth-provider: {name: gcp}}}
- {name: inline, user: {username: u, password: p, exec: {command: aws, args: [eks]}}}
- {name: broken, user: {client-certificate-data: "?"}}
`;

/** Kubeconfigs in a folder of their own, and what is made of them. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  use: (
    folder: string,
    of: (choice?: Parameters<typeof kubeTarget>[1], kubeconfig?: string) => ReturnType<
      typeof kubeTarget
    >,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "fl-kube-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await use(folder, (choice = {}, kubeconfig = `${folder}/config`) => {
      const env: Record<string, string> = { KUBECONFIG: kubeconfig, HOME: "/nowhere" };
      return kubeTarget((name) => env[name], choice);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a kubeconfig with all that a connection may need", async () => {
  await withFiles({ config: FULL }, async (folder, of) => {
    const shown = `user me of ${folder}/config`;
    assert.deepEqual(await of(), {
      server: "https://10.0.0.1:6443/prefix",
      namespace: "ci",
      shown: `context dev of ${folder}/config`,
      kubectl: "kubectl",
      tls: {
        ca: { path: `${folder}/pki/ca.crt`, from: "certificate-authority of cluster one" },
        insecure: false,
        serverName: "kubernetes",
      },
      proxy: "socks5://proxy:1080",
      user: {
        shown,
        cert: { path: "/abs/client.crt", from: "client-certificate of user me" },
        key: { path: `${folder}/client.key`, from: "client-key of user me" },
        token: "0123456789",
        tokenFile: "/var/token",
        impersonate: {
          "Impersonate-User": ["jane"],
          "Impersonate-Uid": ["7"],
          "Impersonate-Group": ["a", "b"],
          "Impersonate-Extra-Scope%2Fx": ["c"],
        },
      },
    });
  });
});

Deno.test("a kubeconfig's other contexts, and the namespace", async () => {
  await withFiles({ config: FULL }, async (folder, of) => {
    const inline = await of({ context: "inline" });
    assert.deepEqual(inline.tls.ca, {
      text: "hello",
      from: "certificate-authority-data of cluster inline",
    });
    assert.deepEqual(inline.user.basic, { username: "u", password: "p" });
    assert.deepEqual(inline.user.exec?.value, { command: "aws", args: ["eks"] });
    assert.equal(inline.kubectl, "kubectl --context=inline");
    assert.equal(inline.namespace, "default");
    assert.equal((await of({ context: "bare" })).user.shown, "nobody");
    assert.equal((await of({ namespace: "other" })).namespace, "other");
    // As kubectl, which reads YAML 1.1.
    assert.equal((await of({ context: "lax", namespace: "ci" })).tls.insecure, true);
    const named = await of({ kubeconfig: `${folder}/config` }, "/nowhere/config");
    assert.equal(named.kubectl, `kubectl --kubeconfig=${folder}/config`);
  });
});

Deno.test("several kubeconfigs: the first file's whole entry counts", async () => {
  const files = {
    a: "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: ''\n",
    b: "current-context: x\nclusters: [{name: c, cluster: {server: 'https://b'}}]\n" +
      "users: [{name: u, user: {token: b}}]\n",
    c: "current-context: y\nclusters: [{name: c, cluster: {server: 'https://c', proxy-url: p}}]\n" +
      "contexts: [{name: x, context: {namespace: c}}]\nusers: null\n",
    json: '{"contexts": [{"name": "z", "context": {"cluster": "c"}}]}',
  };
  await withFiles(files, async (folder, of) => {
    const list = ["a", "none", "", "b", "c", "json"].map((name) => name && `${folder}/${name}`);
    const target = await of({}, list.join(":"));
    assert.equal(target.server, "https://b");
    assert.equal(target.proxy, undefined);
    assert.equal(target.namespace, "default");
    assert.equal(target.user.token, "b");
    assert.equal((await of({ context: "z" }, list.join(":"))).server, "https://b");
  });
});

Deno.test("kubeconfigs that can't be used", async () => {
  const written = {
    config: FULL,
    empty: "",
    undecided: FULL.replace("current-context: dev", ""),
    damaged: 'users:\n- name: a\n  user: {token: "hunter2}\n',
    twice: "current-context: a\ncurrent-context: b\n",
  };
  await withFiles(written, async (folder, of) => {
    const bad: [RegExp, context: string][] = [
      [/has no context "dve"; did you mean dev\? there are dev, bare, /, "dve"],
      [/context lost of .* names a cluster that does not exist: gone;/, "lost"],
      [/context nobody of .* names a user that does not exist: gone;/, "nobody"],
      [/cluster empty of .* names no server;/, "blank"],
      [/cluster both of .* has both a certificate authority and insecure-skip-tls-verify;/, "both"],
      [/user old of .* has an auth-provider, .*; use the provider's exec plugin/, "old"],
      [/client-certificate-data of user broken is not valid base64/, "broken"],
      [/context lax of .* has an invalid namespace: "a\/\.\.\/b"; names are made/, "lax"],
      [/cluster address of .* not a URL: 10\.0\.0\.1:6443; write it as https:/, "address"],
    ];
    const files: [RegExp, kubeconfig: string][] = [
      [
        /undecided has no current context; give the option context: there are dev, bare/,
        "undecided",
      ],
      [/damaged is not valid YAML: line 4: missing char;/, "damaged"],
      [/twice is not valid YAML: line 2: duplicate key;/, "twice"],
      [/empty has no contexts; set KUBECONFIG/, "empty"],
      [/there is no kubeconfig: none at \S+\/a, \/nowhere\/b; set/, "a:/nowhere/b"],
      [/the kubeconfig .* can't be read: .*; check its path/, "."],
    ];
    type Case = [RegExp, () => ReturnType<typeof of>];
    const targets: Case[] = [
      ...bad.map(([expected, context]): Case => [expected, () => of({ context })]),
      ...files.map(([expected, name]): Case => [expected, () => of({}, `${folder}/${name}`)]),
      [/there is no kubeconfig: none at \/nowhere\/\.kube\/config;/, () => of({}, "")],
      [
        /the kubeconfig \/nowhere\/x can't be read: there is no such file; check its path/,
        () => of({ kubeconfig: "/nowhere/x" }),
      ],
    ];
    for (const [expected, target] of targets) {
      await assert.rejects(target(), says(KubeConfigError, expected));
    }
  });
});
