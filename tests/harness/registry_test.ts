import assert from "node:assert/strict";
import { makeCerts } from "./certs.ts";
import { startRegistry } from "./registry.ts";
import { run } from "./run.ts";
import { needsRoot, skip } from "./skip.ts";
import { missing } from "./tool.ts";

const ignore = skip(needsRoot() ?? await missing("docker-registry", "openssl", "perl"));

Deno.test({ name: "a registry with a password refuses wrong passwords", ignore }, async () => {
  await using registry = await startRegistry({ password: { user: "u", password: "p:ä" } });
  const ask = async (credentials: string) => {
    const authorization = `Basic ${btoa(String.fromCharCode(...encoder.encode(credentials)))}`;
    const answer = await fetch(`${registry.url}/v2/`, { headers: { authorization } });
    await answer.body?.cancel();
    return answer.status;
  };
  assert.equal(await ask("u:p:ä"), 200);
  assert.equal(await ask("u:p"), 401);
});

Deno.test({ name: "a registry with TLS shows its certificate", ignore }, async () => {
  await using certs = await makeCerts();
  await using registry = await startRegistry({ tls: certs.server });
  const client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(certs.ca.cert)] });
  const answer = await fetch(`${registry.url}/v2/`, { client });
  assert.equal(await answer.text(), "{}");
  client.close();
});

Deno.test(
  { name: "expired certificates were once valid, and wrong ones are told apart", ignore },
  async () => {
    await using certs = await makeCerts();
    const verify = async (ca: string, cert: string) => {
      const { stdout, stderr } = await run("openssl", ["verify", "-CAfile", ca, cert]);
      return stdout + stderr;
    };
    assert.match(await verify(certs.ca.cert, certs.client.cert), /OK/);
    assert.match(await verify(certs.ca.cert, certs.expiredClient.cert), /has expired/);
    assert.match(await verify(certs.ca.cert, certs.otherServer.cert), /unable to get local issuer/);
    assert.match(await verify(certs.otherCa.cert, certs.otherClient.cert), /OK/);
  },
);

const encoder = new TextEncoder();
