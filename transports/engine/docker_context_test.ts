import assert from "node:assert/strict";
import { tempStore } from "../../tests/commands/temp_store.ts";
import {
  contextNames,
  currentContext,
  currentKey,
  DockerContextError,
  dockerEndpoint,
} from "./docker_context.ts";

/** sha256 of "prod". */
const id = "6754af9632a2bdbe1a75ff86a0ec0c3a7a9b1b0fba3a4e5f8a9f1c2d3e4f5061";

async function idOf(name: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  return new Uint8Array(digest).toHex();
}

const hosts: [string, string][] = [
  ["", "unix:///var/run/docker.sock"],
  ["unix://", "unix:///var/run/docker.sock"],
  ["unix:///run/x.sock", "unix:///run/x.sock"],
  ["tcp://h:2375", "tcp://h:2375"],
  ["tcp://h", "tcp://h:2375"],
  ["tcp://", "tcp://localhost:2375"],
  ["h:1", "tcp://h:1"],
  ["tcp://[::1]:2376/path", "tcp://[::1]:2376/path"],
  ["ssh://me@h", "ssh://me@h"],
  [" tcp://h:1 ", "tcp://h:1"],
];
for (const [text, key] of hosts) {
  Deno.test({
    name: `DOCKER_HOST=${JSON.stringify(text)} is ${key}`,
    ignore: Deno.build.os === "windows",
  }, () => {
    const env = (name: string) => name === "DOCKER_HOST" ? text : undefined;
    assert.equal(currentKey(env), key);
  });
}

Deno.test("a DOCKER_HOST that is no address is an error where the engine is wanted", async () => {
  const env = (name: string) => name === "DOCKER_HOST" ? "ftp://h" : undefined;
  assert.equal(currentKey(env), "ftp://h");
  await assert.rejects(dockerEndpoint(env), /invalid bind address format: ftp:\/\/h/);
  await assert.rejects(dockerEndpoint((name) => name === "DOCKER_HOST" ? "/a/s" : undefined), {
    message: "DOCKER_HOST has no scheme: /a/s",
    hint: "write it as unix:///a/s",
  });
});

Deno.test("the context is chosen by DOCKER_HOST, DOCKER_CONTEXT, config.json", async () => {
  using temp = tempStore();
  const docker = `${temp.path}/docker`;
  const vars: Record<string, string> = { DOCKER_CONFIG: docker };
  const env = (name: string) => vars[name];
  assert.equal(currentContext(env), "default");
  temp.write("docker/config.json", '{"currentContext":"prod"}');
  assert.equal(currentContext(env), "prod");
  assert.equal(currentKey(env), "prod");
  vars.DOCKER_CONTEXT = "test";
  assert.equal(currentContext(env), "test");
  vars.DOCKER_HOST = "tcp://h:1";
  assert.equal(currentContext(env), "default");
  assert.equal(currentKey(env), "tcp://h:1");

  delete vars.DOCKER_HOST;
  await assert.rejects(dockerEndpoint(env), /docker context "test" not found/);
  vars.DOCKER_CONTEXT = "prod";
  const prod = await idOf("prod");
  temp.write(
    `docker/contexts/meta/${prod}/meta.json`,
    '{"Name":"prod","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://p:2376","SkipTLSVerify":true}}}',
  );
  temp.write(`docker/contexts/meta/${id}/meta.json`, "garbage");
  temp.write(`docker/contexts/tls/${prod}/docker/ca.pem`, "");
  const endpoint = await dockerEndpoint(env);
  assert.deepEqual(endpoint, {
    context: "prod",
    host: "tcp://p:2376",
    tls: { cacert: `${docker}/contexts/tls/${prod}/docker/ca.pem`, skipVerify: true },
  });
  assert.deepEqual(contextNames(env), ["default", "prod"]);

  const file = `docker/contexts/meta/${await idOf("odd")}/meta.json`;
  const odd = (text: string) => {
    temp.write(file, text);
    return dockerEndpoint(env, "odd");
  };
  for (const text of ["garbage", '{"Name":"odd"}', '{"Endpoints":{"docker":{"Host":7}}}']) {
    await assert.rejects(odd(text), (error) => {
      assert(error instanceof DockerContextError);
      assert.equal(error.message, 'docker context "odd" names no engine');
      assert(error.hint?.includes(file));
      return true;
    });
  }
  if (Deno.build.os === "windows") return;
  const { host } = await odd('{"Endpoints":{"docker":{"Host":""}}}');
  assert.equal(host, "unix:///var/run/docker.sock");
});

Deno.test("skip-tls-verify means TLS, with and without files", async () => {
  using temp = tempStore();
  const env = (name: string) => name === "DOCKER_CONFIG" ? `${temp.path}/docker` : undefined;
  const write = async (SkipTLSVerify: boolean) =>
    temp.write(
      `docker/contexts/meta/${await idOf("box")}/meta.json`,
      JSON.stringify({ Name: "box", Endpoints: { docker: { Host: "tcp://h:1", SkipTLSVerify } } }),
    );
  await write(true);
  assert.deepEqual((await dockerEndpoint(env, "box")).tls, { skipVerify: true });
  await write(false);
  assert.equal((await dockerEndpoint(env, "box")).tls, undefined);
});

Deno.test("DOCKER_TLS_VERIFY brings docker's TLS files", async () => {
  using temp = tempStore();
  for (const name of ["ca.pem", "cert.pem", "key.pem"]) temp.write(name, "");
  const vars: Record<string, string> = {
    DOCKER_HOST: "tcp://h:2376",
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: temp.path,
  };
  assert.deepEqual((await dockerEndpoint((name) => vars[name])).tls, {
    cacert: `${temp.path}/ca.pem`,
    cert: `${temp.path}/cert.pem`,
    key: `${temp.path}/key.pem`,
    skipVerify: false,
  });
});
