/** TLS against a real buildkitd, whose Go is another TLS than ours. */
import assert from "node:assert/strict";
import { explainFirstBytes } from "../../transports/first_bytes.ts";
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { firstBytes, refused } from "./tls_subject.ts";

Deno.test({
  name: "TLS with a real buildkitd: good certificates connect, bad ones are named",
  ignore: skip(needsRoot() ?? await missing("buildkitd", "runc", "openssl")),
}, async (t) => {
  await using certs = await makeCerts();
  await using daemon: Buildkitd = await startBuildkitd({
    tcp: true,
    tls: { ...certs.server, ca: certs.ca.cert },
  });
  const cacert = certs.ca.cert;
  const { tcp } = daemon;

  await t.step("a trusted client", async () => {
    const first = await firstBytes(tcp, { cacert, ...certs.client });
    assert(first !== null);
    assert.equal(explainFirstBytes(first, true), undefined);
  });
  await t.step(
    "no client certificate",
    () => refused(tcp, { cacert }, /the daemon demands a client certificate; .*cert=FILE,key=FILE/),
  );
  await t.step("a client certificate from another CA", () =>
    refused(
      tcp,
      { cacert, ...certs.otherClient },
      /refused the client certificate .*other-client\.pem \(CN=stranger, signed by CN=fairlead other CA\): its CA is unknown there; .*--tlscacert/,
    ));
  await t.step("a certificate for servers, shown by a client", () =>
    refused(
      tcp,
      { cacert, ...certs.server },
      /refused the client certificate .*server\.pem .*: bad certificate; .*clientAuth/,
    ));
  await t.step("a CA that the daemon's certificate is not from", () =>
    refused(
      tcp,
      { ...certs.client, cacert: certs.otherCa.cert },
      /is signed by CN=fairlead test CA, which is not in .*other-ca\.pem/,
    ));
  await t.step("TLS against the plain socket", () =>
    refused(
      daemon.address,
      { cacert, servername: "localhost" },
      /it answered in plain HTTP\/2, .*; leave the driver options cacert/,
      "config",
    ));
  await t.step("the plain protocol against the TLS port", () =>
    refused(
      tcp,
      {},
      /the port expects TLS \(its certificate, CN=buildkitd, is for localhost, .*, and signed by CN=fairlead test CA\), but the connection has none; give .*--driver-opt cacert=FILE/,
      "config",
    ));
});
