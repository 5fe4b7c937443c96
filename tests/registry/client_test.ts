/** The registry client on a docker-registry: plain, with a password, with tokens, with TLS. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import type { KeyPair } from "../../buildkit/registry/hosts.ts";
import { makeCerts, type Pair } from "../harness/certs.ts";
import { startRegistry } from "../harness/registry.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { issuer, login, service, startTokenServer } from "../session/token_server.ts";
import { blob, client, pushImage, ref } from "./world.ts";

const ignore = skip(await missing("docker-registry", "openssl", "perl"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const right = { username: login.user, secret: login.password };

test("blobs and manifests go there and come back, small and large", async () => {
  await using registry = await startRegistry();
  using registries = client();
  const name = ref(`${registry.host}/a/b`);
  const [to, from] = [registries.writer(name), registries.reader(name)];
  for (const size of [0, 5, 20 << 20]) {
    const { descriptor, bytes } = await blob(size);
    equal(await to.has(descriptor), false);
    await to.putBlob(descriptor, () => Promise.resolve(new Blob([bytes]).stream()));
    equal(await to.has(descriptor), true);
    deepEqual(await from.fetch(descriptor), bytes);
    const other = registries.writer(ref(`${registry.host}/other`));
    equal(await other.mount(descriptor, "a/b"), true);
    equal(await other.has(descriptor), true);
  }
  const manifest = await pushImage(registries, `${registry.host}/a/b:1`);
  deepEqual(await from.resolve(ref(`${registry.host}/a/b:1`)), manifest.descriptor);
  const pinned = ref(`${registry.host}/a/b@${manifest.descriptor.digest}`);
  deepEqual(await from.resolve(pinned), manifest.descriptor);
  deepEqual(await from.fetch(manifest.descriptor), manifest.bytes);
  equal(await to.has(manifest.descriptor, "1"), true);
  equal(await to.has(manifest.descriptor, "2"), false);
  deepEqual(await from.referrers(manifest.descriptor.digest), []);
  const absent = await blob(7);
  equal(await to.mount(absent.descriptor, "a/b"), false);
  await rejects(from.fetch(absent.descriptor), { code: "not-found" });
  await rejects(from.resolve(ref(`${registry.host}/a/b:2`)), {
    message: `${registry.host}/a/b:2: not found`,
  });
});

test("a password is sent to the registry that asks for it", async () => {
  await using registry = await startRegistry({
    password: { user: login.user, password: login.password },
  });
  using registries = client({ login: right });
  await pushImage(registries, `${registry.host}/a`);
  using nobody = client();
  await rejects(nobody.reader(ref(`${registry.host}/a`)).resolve(ref(`${registry.host}/a`)), {
    code: "unauthorized",
    hint: new RegExp(`no login for ${registry.host}.*docker login`),
  });
  using wrong = client({ login: { username: "me", secret: "s3cret" } });
  const name = ref(`${registry.host}/a`);
  await rejects(wrong.reader(name).resolve(name), (error: Error & { hint: string }) => {
    equal(/s3cret/.test(error.message + error.hint), false);
    return /pull access denied/.test(error.message) && /may not pull there/.test(error.hint);
  });
});

test("tokens are fetched for one repository, and for a mount from another", async () => {
  await using certs = await makeCerts();
  await using server = await startTokenServer(certs.server);
  await using registry = await startRegistry({
    token: { realm: server.realm, service, issuer, cert: certs.ca.cert },
  });
  using registries = client({ login: right });
  await pushImage(registries, `${registry.host}/a`);
  deepEqual([...new Set(server.asked)], ["POST password fairlead"]);
  equal(server.asked.length, 1, "one token serves many requests at once");
  const { descriptor, bytes } = await blob(9);
  const from = registries.writer(ref(`${registry.host}/a`));
  await from.putBlob(descriptor, () => Promise.resolve(new Blob([bytes]).stream()));
  equal(await registries.writer(ref(`${registry.host}/b`)).mount(descriptor, "a"), true);

  using nobody = client();
  const name = ref(`${registry.host}/a`);
  equal((await nobody.reader(name).resolve(name)).size > 0, true);
  await rejects(
    nobody.writer(name).putBlob(descriptor, () => Promise.resolve(new Blob([bytes]).stream())),
    { code: "unauthorized", message: /push access denied/ },
  );
  using wrong = client({ login: { username: "me", secret: "s3cret" } });
  await rejects(wrong.reader(name).resolve(name), {
    code: "unauthorized",
    message: new RegExp(`failed to authorize: cannot get a token for ${registry.host} .*: 401`),
  });
});

test("TLS: an authority that is known, one that isn't, insecure, plain", async () => {
  await using certs = await makeCerts();
  await using registry = await startRegistry({ tls: certs.server });
  const ca = [await Deno.readTextFile(certs.ca.cert)];
  const { host } = registry;
  const name = ref(`${host}/a`);
  const resolve = async (config: Record<string, unknown>) => {
    using registries = client({ configs: { [host]: config } });
    return await registries.reader(name).resolve(name);
  };
  using registries = client({ configs: { [host]: { http: false, ca } } });
  const { descriptor } = await pushImage(registries, `${host}/a`, { layer: 9 << 20 });
  deepEqual(await resolve({ http: false, ca }), descriptor);
  deepEqual(await resolve({ insecure: true, http: false }), descriptor);
  await rejects(resolve({ http: false }), {
    code: "tls",
    message: /signed by an unknown authority/,
    hint: /ca = \["FILE"\]/,
  });
  await rejects(resolve({}), { code: "tls", hint: /http = false/ });

  using insecure = client({ configs: { [host]: { http: false, insecure: true } } });
  const pushed = await pushImage(insecure, `${host}/b`, { layer: 9 << 20 });
  deepEqual(
    await insecure.reader(name).fetch(descriptor).then((it) => it.length),
    descriptor.size,
  );
  const other = ref(`${host}/b`);
  deepEqual(await insecure.reader(other).resolve(other), pushed.descriptor);
});

test("TLS: a registry that requires a client certificate accepts the right one alone", async () => {
  await using certs = await makeCerts();
  const tls = { ...certs.server, clientCa: certs.ca.cert };
  await using registry = await startRegistry({ tls });
  const ca = [await Deno.readTextFile(certs.ca.cert)];
  const { host } = registry;
  const pairOf = async (pair: Pair) => ({
    cert: await Deno.readTextFile(pair.cert),
    key: await Deno.readTextFile(pair.key),
  });
  for (const insecure of [false, true]) {
    const push = async (keypairs: KeyPair[]) => {
      const config = { http: false, insecure, ...!insecure && { ca }, keypairs };
      using registries = client({ configs: { [host]: config } });
      // More than one connection, both ways.
      const { descriptor } = await pushImage(registries, `${host}/a`, { layer: 9 << 20 });
      const name = ref(`${host}/a`);
      deepEqual(await registries.reader(name).resolve(name), descriptor);
    };
    await push([await pairOf(certs.client)]);
    for (const keypairs of [[], [await pairOf(certs.otherClient)]]) {
      await rejects(push(keypairs), { code: "tls", hint: /\.keypair\]\]/ }, `${insecure}`);
    }
  }
});

test("a mirror is asked first, and the registry after it", async () => {
  await using mirror = await startRegistry();
  await using registry = await startRegistry();
  using registries = client({ configs: { [registry.host]: { mirrors: [mirror.host] } } });
  using plain = client();
  const mirrored = await pushImage(plain, `${mirror.host}/a`);
  const name = ref(`${registry.host}/a`);
  deepEqual(await registries.reader(name).resolve(name), mirrored.descriptor);
  const own = await pushImage(registries, `${registry.host}/b`);
  const other = ref(`${registry.host}/b`);
  deepEqual(await registries.reader(other).resolve(other), own.descriptor);
  await rejects(plain.reader(ref(`${mirror.host}/b`)).resolve(ref(`${mirror.host}/b`)), {
    code: "not-found",
  });
  await mirror.stop();
  deepEqual(await registries.reader(other).resolve(other), own.descriptor);
});

test("a port that the runtime's fetch refuses is usable", async () => {
  await using registry = await startRegistry({ port: freeBlockedPort() });
  using registries = client();
  const name = ref(`${registry.host}/a`);
  const { descriptor } = await pushImage(registries, `${registry.host}/a`, { layer: 9 << 20 });
  deepEqual(await registries.reader(name).resolve(name), descriptor);
});

/** One of the ports that https://fetch.spec.whatwg.org/#port-blocking keeps from web pages. */
function freeBlockedPort(): number {
  for (const port of [10080, 6697, 6669, 6668, 6667, 6666, 6665, 6566, 6000, 5061, 5060, 4190]) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch {
      // Taken: the next one.
    }
  }
  throw new Error("every blocked port is taken");
}
