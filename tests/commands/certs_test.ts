/**
 * `certs`: sets that openssl, buildkitd, buildctl and buildx accept, and the errors for broken
 * ones.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { issue, makeCerts } from "../harness/certs.ts";
import { filesBelow } from "../harness/temp_folder.ts";
import { run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";

const noOpenssl = await missing("openssl");
const ignore = skip(noOpenssl);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

async function create(space: Workspace, ...args: string[]): Promise<string> {
  const { stdout } = await succeeds(space.fairlead(["certs", "create", ...args]));
  return stdout;
}

for (const algorithm of ["ecdsa", "ed25519"]) {
  Deno.test(
    { ignore, name: `certs create --algorithm ${algorithm}: openssl finds nothing amiss` },
    async () => {
      await using space = await workspace("tcp://127.0.0.1:1");
      const hosts = "build.example.com,*.example.com,127.0.0.1,fe80::1";
      await create(space, "set", "--host", hosts, "--client", "me", "--algorithm", algorithm);
      const openssl = async (...args: string[]) => {
        const { code, stdout, stderr } = await run(await need("openssl"), args, { cwd: space.dir });
        return { code, out: stdout + stderr };
      };
      const verify = (purpose: string, ca: string, cert: string, ...more: string[]) =>
        openssl("verify", "-x509_strict", "-purpose", purpose, ...more, "-CAfile", ca, cert);
      const [daemon, client] = ["set/daemon/cert.pem", "set/client/cert.pem"];
      for (
        const [purpose, ca, cert, more] of [
          ["sslserver", "set/client/ca.pem", daemon, ["-verify_hostname", "build.example.com"]],
          ["sslserver", "set/client/ca.pem", daemon, ["-verify_hostname", "x.example.com"]],
          ["sslserver", "set/client/ca.pem", daemon, ["-verify_ip", "127.0.0.1"]],
          ["sslserver", "set/client/ca.pem", daemon, ["-verify_ip", "fe80::1"]],
          ["sslclient", "set/daemon/ca.pem", client, []],
        ] as const
      ) {
        const { code, out } = await verify(purpose, ca, cert, ...more);
        equal(code, 0, out);
      }
      for (const [purpose, cert] of [["sslclient", daemon], ["sslserver", client]] as const) {
        ok((await verify(purpose, "set/ca/ca.pem", cert)).code !== 0, `${cert} as ${purpose}`);
      }
      const { out } = await openssl("x509", "-noout", "-text", "-in", "set/ca/ca.pem");
      match(out, /Version: 3/);
      match(out, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
      match(out, /Key Usage: critical\s+Certificate Sign, CRL Sign/);
      for (const folder of ["ca", "daemon", "client"]) {
        const key = `set/${folder}/key.pem`;
        equal((await openssl("pkey", "-noout", "-check", "-in", key)).code, 0);
        equal(Deno.statSync(space.path(key)).mode! & 0o777, 0o600);
      }
      match((await openssl("x509", "-noout", "-subject", "-in", client)).out, /CN ?= ?me/);
      const args = ["certs", "check", "set", "--host", "a.example.com,::1"];
      const checked = await fails(space.fairlead(args));
      match(checked.stdout, /WRONG: it is not for ::1\n/);
      ok(!checked.stdout.includes("not for a.example.com"), checked.stdout);
    },
  );
}

const noDaemon = skip(
  needsRoot() ?? noOpenssl ?? await missing("buildkitd", "runc", "buildctl", "buildx"),
);
for (const algorithm of ["ecdsa", "ed25519"]) {
  Deno.test({
    ignore: noDaemon,
    name: `certs create: the lines that it prints make a daemon and a builder, ${algorithm}`,
  }, async () => {
    await using space = await workspace("tcp://127.0.0.1:1");
    const printed = await create(
      space,
      ...["my set", "--host", "localhost,127.0.0.1", "--algorithm", algorithm],
    );
    const path = (name: string) => space.path(`my set/${name}`);
    match(printed, new RegExp(`--tlscacert '${path("daemon/ca.pem")}' \\\\\n`));
    const tls = {
      cert: path("daemon/cert.pem"),
      key: path("daemon/key.pem"),
      ca: path("daemon/ca.pem"),
    };
    await using daemon = await startBuildkitd({ tcp: true, tls });

    // As a shell reads it, with this daemon's port.
    const [, line = ""] = /^(fairlead create [^]*?)\n\n/m.exec(printed) ?? [];
    const words = await run("/bin/sh", ["-c", `printf '%s\\n' ${line.replace(/^fairlead/, "")}`]);
    const args = words.stdout.trimEnd().split("\n")
      .map((word) => word === "tcp://localhost:1234" ? daemon.tcp : word);
    await succeeds(space.fairlead([...args, "--bootstrap"]));
    for (const program of [space.fairlead, space.buildx]) {
      await succeeds(program(["du", "--builder", "remote"]));
    }
    await succeeds(run(await need("buildctl"), [
      ...["--addr", daemon.tcp, "--tlscacert", path("client/ca.pem")],
      ...["--tlscert", path("client/cert.pem"), "--tlskey", path("client/key.pem")],
      ...["debug", "workers"],
    ]));
  });
}

test("certs create keeps what is there, and leaves nothing half done", async () => {
  await using space = await workspace("tcp://127.0.0.1:1");
  await create(space, "set", "--host", "a");
  const before = files(space.path("set"));
  const again = await fails(space.fairlead(["certs", "create", "set", "--host", "a"]));
  match(again.stderr, /hint: .*--force[^]*ca\/ca.pem already exists, and 7 more/);
  deepEqual(files(space.path("set")), before);
  await create(space, "set", "--host", "a", "--force");
  deepEqual(Object.keys(files(space.path("set"))), Object.keys(before));
  ok(files(space.path("set"))["ca/key.pem"] !== before["ca/key.pem"]);
  // There is a file in the place of the folder.
  space.write({ "odd/client": "x" });
  const odd = await fails(space.fairlead(["certs", "create", "odd", "--host", "a"]));
  match(odd.stderr, /^ERROR: cannot write the certificates to /m);
  deepEqual(files(space.path("odd")), { client: "x" });
  for (
    const args of [["--days", "0"], ["--algorithm", "rsa"], ["--client", "a,b"], ["--host", "a b"]]
  ) {
    const { stderr } = await fails(space.fairlead([
      ...["certs", "create", "new", "--host", "a"],
      ...args,
    ]));
    match(stderr, /^hint: .*\nERROR: |--days must be a number/);
  }
});

test("certs check reports what is wrong with each certificate", async () => {
  await using space = await workspace("tcp://127.0.0.1:1");
  await using certs = await makeCerts();
  const plain = await issue(certs.dir, "no-usages", {
    subject: "/CN=localhost",
    extensions: [],
    issuer: certs.ca,
  });
  const { ca, otherCa } = certs;
  const cases: [string, { cert: string; key: string }, { cert: string }, RegExp[]][] = [
    ["daemon", certs.server, ca, [
      /daemon CN=buildkitd for localhost, 127\.0\.0\.1/,
      /No problems found/,
    ]],
    ["client", certs.client, ca, [
      /client CN=client, signed by CN=fairlead test CA/,
      /No problems found/,
    ]],
    ["daemon", certs.expiredServer, ca, [/WRONG: it expired on /]],
    ["daemon", certs.client, ca, [/WRONG: it is not for servers\n.*serverAuth/]],
    ["client", certs.server, ca, [/WRONG: it is not for clients\n.*clientAuth/]],
    ["daemon", { cert: certs.server.cert, key: certs.client.key }, ca, [
      /WRONG: it belongs to another certificate/,
    ]],
    ["daemon", certs.otherServer, ca, [
      /WRONG: it is signed by CN=fairlead other CA, which is not in daemon\/ca\.pem/,
    ]],
    ["daemon", certs.server, otherCa, [/which is not in daemon\/ca\.pem/]],
    ["daemon", certs.server, certs.server, [
      /daemon\/ca\.pem.*\n {2}WRONG: it is not a CA certificate/,
    ]],
    ["daemon", plain, ca, [
      /WRONG: it has no subjectAltName, and clients no longer accept the common name/,
    ]],
    ["daemon", { cert: certs.server.key, key: certs.server.cert }, ca, [
      /WRONG: daemon\/cert\.pem: it contains a private key but no certificate/,
      /WRONG: daemon\/key\.pem: it contains no PEM private key/,
    ]],
  ];
  for (const [folder, pair, ca, expected] of cases) {
    const root = `case${crypto.randomUUID()}`;
    const into = space.path(`${root}/${folder}`);
    Deno.mkdirSync(into, { recursive: true });
    Deno.copyFileSync(pair.cert, `${into}/cert.pem`);
    Deno.copyFileSync(pair.key, `${into}/key.pem`);
    Deno.copyFileSync(ca.cert, `${into}/ca.pem`);
    Deno.chmodSync(`${into}/key.pem`, 0o600);
    const { code, stdout } = await space.fairlead(["certs", "check", root]);
    for (const pattern of expected) match(stdout, pattern);
    equal(code, /No problems found/.test(stdout) ? 0 : 1);
  }
  await create(space, "one", "--host", "a");
  await create(space, "two", "--host", "a");
  Deno.copyFileSync(space.path("two/client/ca.pem"), space.path("one/client/ca.pem"));
  Deno.chmodSync(space.path("one/ca/key.pem"), 0o644);
  const mixed = await space.fairlead(["certs", "check", "one"]);
  match(
    mixed.stdout,
    /daemon\/cert.pem: it is signed by CN=fairlead CA, but with a different key/,
  );
  match(mixed.stdout, /ca\/key.pem: key, ec\n {2}WRONG: other users can read it \(mode 0644\)/);
  Deno.removeSync(space.path("two/daemon/ca.pem"));
  const alone = await space.fairlead(["certs", "check", "two"]);
  match(
    alone.stdout,
    /^Not checked: who signed daemon\/cert\.pem, because no ca\.pem is next to it\.$/m,
  );
  const empty = await space.fairlead(["certs", "check", "."]);
  match(empty.stderr, /there are no certificates in/);
});

function files(folder: string): Record<string, string> {
  const paths = filesBelow(folder).sort();
  return Object.fromEntries(
    paths.map((path) => [path, Deno.readTextFileSync(`${folder}/${path}`)]),
  );
}
