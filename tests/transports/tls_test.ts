/** TLS against servers of Deno's: the accepted cases, and the message of each refusal. */
import assert from "node:assert/strict";
import { issue, makeCerts, type Pair } from "../harness/certs.ts";
import { accepts, freePort, makeRoot, startDaemon } from "../harness/daemon.ts";
import { need } from "../harness/tool.ts";
import { sleep } from "./contract_help.ts";
import { dial, firstBytes, refused, textPort, tlsPort } from "./tls_subject.ts";

const certs = await makeCerts();
const { dir, ca } = certs;
addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
const serving = ["keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth"];
const loopback = "subjectAltName=DNS:localhost,IP:127.0.0.1";
const cacert = ca.cert;

async function withServer(pair: Pair, run: (endpoint: string) => Promise<unknown>): Promise<void> {
  await using server = await tlsPort(pair);
  await run(server.endpoint);
  await sleep(20);
}

Deno.test("TLS: a good certificate is accepted, by address and by name", () =>
  withServer(certs.server, async (endpoint) => {
    for (
      const [host, servername, authority] of [
        ["127.0.0.1", undefined, "127.0.0.1"],
        ["localhost", undefined, "localhost"],
        ["127.0.0.1", "localhost", "localhost"],
        ["127.0.0.1", "::1", "::1"],
      ] as const
    ) {
      const options = servername === undefined ? { cacert } : { cacert, servername };
      const connection = await dial(endpoint.replace("127.0.0.1", host), options);
      assert.equal(connection.authority, authority);
      assert.equal(connection.secure, true);
      connection.stream.close();
    }
  }));

Deno.test("TLS: a daemon's certificate of another CA is refused", () =>
  withServer(certs.otherServer, (endpoint) =>
    refused(
      endpoint,
      { cacert },
      new RegExp(
        `\\(CN=buildkitd\\) is signed by CN=fairlead other CA, which is not in ${cacert}; .*cacert`,
      ),
    )));

Deno.test("TLS: a CA that was made again under the same name is recognised", async () => {
  const again = await issue(dir, "ca-again", {
    subject: "/CN=fairlead test CA",
    extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"],
  });
  await withServer(certs.server, (endpoint) =>
    refused(
      endpoint,
      { cacert: again.cert },
      /is signed by CN=fairlead test CA, but with a different key from that of .*ca-again\.pem; .*again/,
    ));
});

Deno.test("TLS: without cacert the system's certificates count", () =>
  withServer(certs.server, (endpoint) =>
    refused(
      endpoint,
      { servername: "localhost" },
      /is signed by CN=fairlead test CA, which is not in the system's certificates/,
    )));

Deno.test("TLS: SSL_CERT_FILE names the system's certificates", () =>
  withServer(certs.server, async (endpoint) => {
    // In a process of its own: the runtime reads them once.
    const subject = import.meta.resolve("./tls_subject.ts");
    const code = `import { dial } from "${subject}";
      await dial("${endpoint}", { servername: "localhost" })
        .then(({ stream }) => stream.close()).catch((error) => console.log(error.message));`;
    for (
      const [file, expected] of [
        [cacert, /^$/],
        ["/none.pem", /can't be read \(SSL_CERT_FILE is \/none\.pem\)/],
      ] as const
    ) {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", code],
        env: { SSL_CERT_FILE: file },
      }).output();
      assert.match(new TextDecoder().decode(stdout), expected);
    }
  }));

Deno.test("TLS: a certificate for another name is refused", async () => {
  await withServer(certs.wrongName, (endpoint) =>
    refused(
      endpoint,
      { cacert },
      /\(CN=buildkitd\) is valid for other\.example, not for 127\.0\.0\.1; give servername=other\.example/,
    ));
  await withServer(certs.server, (endpoint) =>
    refused(
      endpoint,
      { cacert, servername: "wrong.example" },
      /is valid for localhost, 127\.0\.0\.1, ::1, not for wrong\.example; give servername=localhost/,
    ));
});

Deno.test("TLS: a common name counts for nothing", async () => {
  const request = { subject: "/CN=127.0.0.1", extensions: serving, issuer: ca };
  await withServer(await issue(dir, "address-name", request), (endpoint) =>
    refused(
      endpoint,
      { cacert },
      /has only the common name 127\.0\.0\.1, which is not valid for 127\.0\.0\.1; have it signed again, with/,
    ));
});

Deno.test("TLS: a weak key is refused", async () => {
  const request = {
    subject: "/CN=weak",
    extensions: [...serving, loopback],
    issuer: ca,
    rsa: 1024,
  };
  const { cert, key } = await issue(dir, "weak", request);
  const port = freePort();
  // The runtime's own listener takes no such key.
  await using _server = await startDaemon({
    name: "s_server",
    command: [
      ...[await need("openssl"), "s_server", "-accept", String(port), "-cert", cert, "-key", key],
      ...["-www", "-cipher", "DEFAULT:@SECLEVEL=0"],
    ],
    root: await makeRoot("tls"),
    ready: () => accepts({ hostname: "127.0.0.1", port }),
  });
  await refused(
    `tcp://127.0.0.1:${port}`,
    { cacert },
    /its key is too weak, .*; .*2048 bits or more/,
  );
});

Deno.test("TLS: only a daemon with a good certificate sees the client's", async () => {
  const { client, server, wrongName, otherServer } = certs;
  const cases = [
    [server, undefined],
    [otherServer, /is signed by CN=fairlead other CA, which is not in/],
    [wrongName, /is valid for other\.example, not for 127\.0\.0\.1/],
  ] as const;
  for (const [{ cert, key }, refusal] of cases) {
    const port = freePort();
    const endpoint = `tcp://127.0.0.1:${port}`;
    await using server = await startDaemon({
      name: "s_server",
      command: [
        ...[await need("openssl"), "s_server", "-accept", String(port), "-cert", cert, "-key", key],
        ...["-verify", "2", "-CAfile", cacert, "-alpn", "h2", "-www"],
      ],
      root: await makeRoot("tls"),
      ready: () => accepts({ hostname: "127.0.0.1", port }),
    });
    const tls = { cacert, cert: client.cert, key: client.key };
    if (refusal !== undefined) await refused(endpoint, tls, refusal);
    else (await dial(endpoint, tls)).stream.close();
    // It serves one connection after the other, and the last one is that without a certificate.
    const isSeen = async () => /CN ?= ?client/.test(await server.log());
    while (refusal === undefined && !await isSeen()) await sleep(20);
    assert.equal(await isSeen(), refusal === undefined);
  }
});

Deno.test("TLS: an expired certificate and one that is not valid yet are refused", async () => {
  await withServer(
    certs.expiredServer,
    (endpoint) =>
      refused(
        endpoint,
        { cacert },
        /\(CN=buildkitd\) expired on \d{4}-\d\d-\d\d \d\d:\d\d UTC; renew/,
      ),
  );
  const future = await issue(dir, "future-server", {
    subject: "/CN=buildkitd",
    extensions: [...serving, loopback],
    issuer: ca,
    from: 2,
    to: 9,
  });
  await withServer(
    future,
    (endpoint) =>
      refused(endpoint, { cacert }, /\(CN=buildkitd\) is not valid before \d{4}-.* UTC; .*clock/),
  );
});

Deno.test("TLS: a certificate for clients alone is refused", async () => {
  const clients = await issue(dir, "clients", {
    subject: "/CN=client",
    extensions: ["extendedKeyUsage=clientAuth", loopback],
    issuer: ca,
  });
  await withServer(
    clients,
    (endpoint) => refused(endpoint, { cacert }, /\(CN=client\) can't be used for a server/),
  );
});

Deno.test("TLS: files that are missing or invalid are named", async () => {
  const endpoint = "tcp://127.0.0.1:1";
  const { cert, key } = certs.client;
  const encrypted = `${dir}/encrypted.key`;
  const damaged = `${dir}/damaged.pem`;
  await Deno.writeTextFile(
    encrypted,
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
  );
  await Deno.writeTextFile(
    damaged,
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  );
  for (
    const [options, expected] of [
      [
        { cacert: "/none.pem" },
        /can't read cacert \/none\.pem: there is no such file; check the option cacert/,
      ],
      [{ cacert: dir }, /can't read cacert .*: it is a folder/],
      [
        { cacert: ca.key },
        /cacert .*ca\.key contains no PEM certificate: it contains a private key/,
      ],
      [{ cacert: "/dev/null" }, /cacert \/dev\/null contains no PEM certificate; /],
      [{ cacert: damaged }, /certificate 1 in cacert .*damaged\.pem is damaged/],
      [{ cacert, cert }, /the certificate .*client\.pem is given without its key; .*key/],
      [{ cacert, key }, /the key .*client\.key is given without its certificate; .*cert/],
      [{ cacert, cert: "/none.pem", key }, /can't read cert \/none\.pem/],
      [{ cacert, cert, key: "/none.key" }, /can't read key \/none\.key/],
      [{ cacert, cert, key: cert }, /key .*client\.pem contains no PEM private key/],
      [{ cacert, cert, key: encrypted }, /key .*encrypted\.key is encrypted; decrypt it/],
      [
        { cacert, cert, key: certs.server.key },
        /server\.key doesn't belong to the certificate .*client\.pem/,
      ],
      [
        { cacert, cert: certs.expiredClient.cert, key: certs.expiredClient.key },
        /client certificate .*expired-client\.pem \(CN=expired client\) expired on \d{4}-.*; renew/,
      ],
    ] as const
  ) await refused(endpoint, options, expected, "config");
});

Deno.test("TLS: a server without TLS is reported", async () => {
  for (
    const [greeting, expected] of [
      [
        "\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0",
        /doesn't speak TLS on this port: it answered in plain HTTP\/2, .*; leave the driver options cacert/,
      ],
      ["HTTP/1.1 400 Bad Request\r\n\r\n", /the port doesn't speak TLS: an HTTP\/1\.1 server/],
      ["SSH-2.0-OpenSSH_9.2p1\r\n", /the port doesn't speak TLS: an SSH server/],
    ] as const
  ) {
    await using server = textPort(greeting);
    await refused(server.endpoint, { cacert }, expected, "config");
    await sleep(20);
  }
});

Deno.test("TLS: an endpoint without a host needs servername", async () => {
  const socket = `${dir}/s`;
  using _listener = Deno.listen({ transport: "unix", path: socket });
  const expected = /the endpoint has no host .*; set servername=NAME/;
  await refused(`unix://${socket}`, { cacert }, expected, "config");
});

Deno.test("TLS: bytes go through", () =>
  withServer(certs.server, async (endpoint) => {
    const answer = await firstBytes(endpoint, { cacert });
    assert.equal(new TextDecoder().decode(answer!).slice(0, 3), "PRI");
  }));
