/**
 * TLS by the runtime itself: the authorities that it trusts, the cases that it leaves to node's,
 * and the options of the socket. `tls_own_test.ts` runs this file.
 */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { endsOf } from "../../transports/tls/certificate.ts";
import { rootsAreEmpty } from "../../transports/tls/roots.ts";
import { createPlugins } from "../../transports/external.ts";
import { openSocketOptions } from "../../transports/net/socket_options.ts";
import { tcp } from "../../transports/schemes/tcp.ts";
import { connectTls } from "../../transports/tls/tls_connect.ts";
import { issue, makeCerts, type Pair } from "../harness/certs.ts";
import { context } from "./contract_help.ts";
import { refused, tlsPort } from "./tls_subject.ts";

const certs = await makeCerts();
const { dir, ca } = certs;
addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
const read = (path: string) => Deno.readTextFile(path);

/** Dials by the runtime's TLS alone. Returns false where node's TLS is needed. */
async function takes(server: Pair, cacert: string, name = "localhost"): Promise<boolean> {
  await using port = await tlsPort(server);
  const tls = { roots: [await read(cacert)], name };
  const connection = await connectTls(tcp.parse(port.endpoint), port.endpoint, tls, context());
  connection?.stream.close();
  return connection !== undefined;
}

Deno.test("TLS of the runtime: CA and name are checked", async () => {
  assert.equal(await takes(certs.server, ca.cert), true);
  assert.equal(await takes(certs.server, ca.cert, "127.0.0.1"), true);
  assert.equal(await takes(certs.server, ca.cert, "::1"), true);
  assert.equal(await takes(certs.server, ca.cert, "wrong.example"), false);
  assert.equal(await takes(certs.server, certs.otherCa.cert), false);
  assert.equal(await takes(certs.otherServer, ca.cert), false);
  assert.equal(await takes(certs.expiredServer, ca.cert), false);
  assert.equal(await takes(certs.client, ca.cert, "client"), false);
  assert.equal(rootsAreEmpty(), true);
});

/** Runs code in a process of its own, because the base store is filled once; returns its output. */
async function run(code: string, env: Record<string, string>): Promise<string> {
  const at = (path: string) => JSON.stringify(import.meta.resolve(path));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { emptyRoots, ownProcess } from ${at("../../transports/tls/roots.ts")};
      import { dialEndpoint } from ${at("../../transports/dial.ts")};
      import { tcp } from ${at("../../transports/schemes/tcp.ts")};
      import { connectTls } from ${at("../../transports/tls/tls_connect.ts")};
      import { createRegistry } from ${at("../../transports/registry.ts")};
      const context = { signal: new AbortController().signal, env: () => undefined };
      Object.assign(context, { log() {}, step() {} });
      ${code}`,
    ],
    env,
  }).output();
  return new TextDecoder().decode(stdout).trim() + new TextDecoder().decode(stderr);
}

Deno.test("TLS of the runtime: its base store does not count besides cacert", async () => {
  await using port = await tlsPort(certs.otherServer);
  await using right = await tlsPort(certs.server);
  // The ways by which an authority comes into the base store.
  const bases: Record<string, string>[] = [
    { DENO_CERT: certs.otherCa.cert },
    { NODE_EXTRA_CA_CERTS: certs.otherCa.cert },
    { DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: certs.otherCa.cert },
    { DENO_TLS_CA_STORE: "mozilla,system", SSL_CERT_FILE: certs.otherCa.cert },
  ];
  const number = (endpoint: string) => Number(endpoint.split(":").at(-1));
  const taken = (endpoint: string) =>
    `const roots = [await Deno.readTextFile(${JSON.stringify(ca.cert)})];
    const tls = { roots, name: "localhost" };
    const connection = await connectTls(tcp.parse("${endpoint}"), "${endpoint}", tls, context);
    console.log(connection !== undefined);`;
  for (const env of bases) {
    const plain = await run(
      `const conn = await Deno.connectTls({ port: ${
        number(port.endpoint)
      }, hostname: "localhost" });
      await conn.handshake();
      console.log("taken");`,
      env,
    );
    assert.equal(plain, "taken", "the authority is in the base store, or nothing is proved here");
    const own = `ownProcess(Deno.env); 
      const all = () => JSON.stringify(Object.entries(Deno.env.toObject()).sort());
      const before = all();`;
    const kept = `console.log(before === all());`;
    assert.equal(await run(`${own}${taken(port.endpoint)}${kept}`, env), "false\ntrue");
    assert.equal(await run(`${own}${taken(right.endpoint)}${kept}`, env), "true\ntrue");
    const whole = await run(
      `ownProcess(Deno.env);
      const tls = { cacert: ${JSON.stringify(ca.cert)}, servername: "localhost" };
      await dialEndpoint(createRegistry([tcp]), "${port.endpoint}", tls, context)
        .then(() => console.log("taken"), (error) => console.log(error.message));`,
      env,
    );
    assert.match(whole, /is signed by CN=fairlead other CA, which is not in .*ca\.pem/);
  }
});

Deno.test("TLS of the runtime: not in a process that isn't ours, nor where the base store is filled", async () => {
  const late = "ownProcess(Deno.env); Deno.createHttpClient({}).close();";
  assert.equal(await run("console.log(emptyRoots())", {}), "false");
  assert.equal(await run(`${late} console.log(emptyRoots(), emptyRoots())`, {}), "false false");
  assert.equal(
    await run("ownProcess(Deno.env); console.log(emptyRoots(), emptyRoots())", {}),
    "true true",
  );
  assert.equal(
    await run("ownProcess(Deno.env, () => true); console.log(emptyRoots())", {}),
    "false",
  );
});

Deno.test("TLS of the runtime: not where a plugin that is a module may run", async () => {
  const folder = `${dir}/plugins`;
  await Deno.mkdir(folder);
  const env = (name: string) => name === "FAIRLEAD_PLUGIN_PATH" ? folder : undefined;
  await Deno.writeTextFile(`${folder}/fairlead-transport-one`, "#!/bin/sh\n");
  assert.equal(createPlugins(env).hasModules(), false);
  const named = createPlugins(env);
  assert.throws(() => named.at("two", "/nowhere/two.js", "two://x"));
  assert.equal(named.hasModules(), true);
  await Deno.writeTextFile(`${folder}/fairlead-transport-two.ts`, "export default {};");
  assert.equal(createPlugins(env).hasModules(), true);
});

Deno.test("TLS of the runtime: an authority that has expired is refused", async () => {
  const old = await issue(dir, "old-ca", {
    subject: "/CN=old CA",
    extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"],
    from: -30,
    to: -1,
  });
  const server = await issue(dir, "old-server", {
    subject: "/CN=buildkitd",
    extensions: ["extendedKeyUsage=serverAuth", "subjectAltName=IP:127.0.0.1"],
    issuer: old,
  });
  await using port = await tlsPort(server);
  await refused(
    port.endpoint,
    { cacert: old.cert },
    /the CA certificate .*old-ca\.pem \(CN=old CA\) expired on .*; get the daemon's new CA/,
    "config",
  );
});

Deno.test("TLS of the runtime: what it refuses, node's refuses with a reason", async () => {
  const named = await issue(dir, "common-name", {
    subject: "/CN=localhost",
    extensions: ["extendedKeyUsage=serverAuth"],
    issuer: ca,
  });
  assert.equal(await takes(named, ca.cert), false);
  await using port = await tlsPort(named);
  await refused(
    port.endpoint,
    { cacert: ca.cert, servername: "localhost" },
    /has only the common name localhost, which is not valid for localhost; have it signed again/,
  );
});

Deno.test("TLS of the runtime: when certificates end, as node reads it", async () => {
  const late = await issue(dir, "late", { subject: "/CN=late", extensions: [], to: 365 * 40 });
  const pems = await Promise.all([ca.cert, certs.expiredServer.cert, late.cert].map(read));
  const expected = pems.map((pem) => new X509Certificate(pem).validToDate.getTime());
  assert.deepEqual(endsOf(pems.join("some words\n")), expected);
  assert(new Date(expected[2]!).getUTCFullYear() > 2050, "a GeneralizedTime is among them");
});

Deno.test({
  name: "TLS of the runtime: TCP_NODELAY and SO_KEEPALIVE",
  ignore: Deno.build.os !== "linux",
}, async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using conn = await Deno.connect({ port: listener.addr.port });
  using _other = await listener.accept();
  using libc = libcOf();
  const settings = (): number[] | undefined => {
    const into = new Uint32Array(2);
    for (let file = 3; file < 4096; file++) {
      const sockaddr = new Uint8Array(128);
      const size = new Uint32Array([128]);
      if (libc.symbols.getsockname(file, sockaddr, size) !== 0) continue;
      if ((sockaddr[2]! << 8 | sockaddr[3]!) !== conn.localAddr.port) continue;
      for (const [at, level, option] of [[0, 6, 1], [1, 1, 9]] as const) {
        libc.symbols.getsockopt(file, level, option, into.subarray(at), new Uint32Array([4]));
      }
      return [...into];
    }
    return undefined;
  };
  assert.deepEqual(settings(), [0, 0]);
  using options = openSocketOptions();
  assert.equal(options.set(conn), true);
  assert.deepEqual(settings(), [1, 1]);
});

function libcOf() {
  const libc = Deno.dlopen("libc.so.6", {
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  return { symbols: libc.symbols, [Symbol.dispose]: () => libc.close() };
}
