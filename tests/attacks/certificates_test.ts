/**
 * Certificates that a daemon must not succeed with: names outside of subjectAltName, and names that
 * its authority may not certify (RFC 5280, section 4.2.1.10). The verdict is Go's, which buildx
 * has. Each certificate is checked by the whole dial, and by node's TLS alone, which is used where
 * a connection isn't plain TCP.
 */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { loadTls, wrapTls } from "../../transports/tls/tls.ts";
import { tcp } from "../../transports/schemes/tcp.ts";
import { issue, makeCerts, type Pair } from "../harness/certs.ts";
import { soon } from "../../transports/contract/expect.ts";
import { context } from "../transports/contract_help.ts";
import { dial, tlsPort } from "../transports/tls_subject.ts";

const certs = await makeCerts();
const { dir, ca } = certs;
addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));

const SERVING = ["keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth"];
const AUTHORITY = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];

/** The text of a `DialError`; undefined where the daemon is accepted. */
async function verdict(dialled: Promise<{ close(): void }>): Promise<string | undefined> {
  try {
    (await soon(dialled, "the verdict", 10_000)).close();
    return undefined;
  } catch (error) {
    assert(error instanceof DialError, String(error));
    return `${error.message}; ${error.hint}`;
  }
}

async function verdicts(server: Pair, cacert: string, name: string) {
  await using port = await tlsPort(server);
  const tls = { cacert, servername: name };
  const whole = await verdict(dial(port.endpoint, tls).then(({ stream }) => stream));
  const alone = await verdict((async () => {
    const { stream } = await tcp.dial(tcp.parse(port.endpoint), context());
    const files = await loadTls(tls, port.endpoint, context());
    return await wrapTls(stream, files, name, port.endpoint, context());
  })());
  return { whole, alone };
}

async function judged(server: Pair, cacert: string, name: string, expected: RegExp | undefined) {
  for (const [how, text] of Object.entries(await verdicts(server, cacert, name))) {
    if (expected === undefined) {
      assert.equal(text, undefined, how);
    } else {
      assert(text !== undefined, `${how}: ${name} was accepted`);
      assert.match(text, expected, how);
    }
  }
}

const ONLY_COMMON = /has only the common name \S+, which is not valid for/;
const OTHER_NAMES = /is valid for .*, not for|names no host, so it is not valid for/;

/** Common name, subjectAltName, the name that is asked for, and how it is refused. */
const names: [cn: string, san: string, asked: string, refused?: RegExp][] = [
  ["x", "DNS:localhost", "localhost"],
  ["x", "DNS:LOCALHOST", "localhost"],
  ["x", "DNS:localhost", "LocalHost"],
  ["x", "DNS:*.example.test", "a.example.test"],
  ["x", "IP:127.0.0.1", "127.0.0.1"],
  ["x", "IP:::1", "::1"],
  ["x", "IP:2001:db8::1", "2001:db8:0:0:0:0:0:1"],
  ["localhost", "", "localhost", ONLY_COMMON],
  ["127.0.0.1", "", "127.0.0.1", ONLY_COMMON],
  ["*.example.test", "", "a.example.test", ONLY_COMMON],
  ["localhost", "IP:127.0.0.1", "localhost", OTHER_NAMES],
  ["localhost", "email:a@localhost", "localhost", /./],
  ["localhost", "URI:https://localhost/", "localhost", /./],
  ["localhost", "dirName:other", "localhost", /./],
  ["localhost", "RID:1.2.3.4", "localhost", /./],
  ["localhost", "DNS:other.example", "localhost", OTHER_NAMES],
  ["x", "DNS:localhost", "127.0.0.1", OTHER_NAMES],
  ["x", "DNS:127.0.0.1", "127.0.0.1", OTHER_NAMES],
  ["x", "IP:127.0.0.2", "127.0.0.1", OTHER_NAMES],
  ["x", "DNS:*.example.test", "example.test", OTHER_NAMES],
  ["x", "DNS:*.example.test", "a.b.example.test", OTHER_NAMES],
  ["x", "DNS:*", "localhost", OTHER_NAMES],
  ["x", "DNS:a*.example.test", "ab.example.test", OTHER_NAMES],
  ["x", "DNS:a.*.test", "a.example.test", OTHER_NAMES],
  ["x", "DNS:.example.test", "a.example.test", /./],
  ["x", "email:localhost,URI:localhost", "localhost", /./],
  ["x", "DNS:other.example, DNS:localhost", "localhost", /./],
];
for (const [i, [cn, san, asked, refused]] of names.entries()) {
  const title = `CN=${cn}, subjectAltName=${san || "none"}, for ${asked}`;
  Deno.test(`attack: ${title}: ${refused === undefined ? "accepted" : "refused"}`, async () => {
    // A comma and a space are part of the name, as a text of names would not show.
    const section = san.includes(", ")
      ? ["subjectAltName=@names", "[names]", san.replace("DNS:", "DNS.1=")]
      : san === ""
      ? []
      : [`subjectAltName=${san}`];
    const other = san.includes("dirName:other") ? ["[other]", "CN=localhost"] : [];
    const extensions = [...SERVING, ...section, ...other];
    const server = await issue(dir, `name-${i}`, { subject: `/CN=${cn}`, extensions, issuer: ca });
    await judged(server, ca.cert, asked, refused);
  });
}

const CONSTRAINED = /or its CA may not sign for its names; .*nameConstraints/;

/** The authority's constraints, the server's names, the one asked for, and how it is refused. */
const constraints: [constraints: string, san: string, asked: string, refused?: RegExp][] = [
  ["permitted;DNS:localhost", "DNS:localhost", "localhost"],
  ["permitted;DNS:example.test", "DNS:a.example.test", "a.example.test"],
  ["permitted;DNS:example.test", "DNS:example.test", "example.test"],
  ["permitted;DNS:EXAMPLE.test", "DNS:a.example.TEST", "a.example.test"],
  ["permitted;IP:127.0.0.0/255.0.0.0", "IP:127.0.0.1", "127.0.0.1"],
  ["permitted;DNS:example.test", "IP:127.0.0.1", "127.0.0.1"],
  ["excluded;DNS:other.test", "DNS:localhost", "localhost"],
  ["permitted;DNS:example.test", "DNS:localhost", "localhost", CONSTRAINED],
  ["permitted;DNS:example.test", "DNS:notexample.test", "notexample.test", CONSTRAINED],
  ["permitted;DNS:example.test", "DNS:example.test,DNS:localhost", "example.test", CONSTRAINED],
  ["excluded;DNS:localhost", "DNS:localhost", "localhost", CONSTRAINED],
  ["excluded;DNS:example.test", "DNS:a.example.test", "a.example.test", CONSTRAINED],
  ["excluded;DNS:a.example.test", "DNS:*.example.test", "b.example.test", CONSTRAINED],
  ["permitted;IP:10.0.0.0/255.0.0.0", "IP:127.0.0.1", "127.0.0.1", CONSTRAINED],
  ["excluded;IP:127.0.0.0/255.0.0.0", "IP:127.0.0.1", "127.0.0.1", CONSTRAINED],
  ["permitted;IP:2001:db8::/ffff:ffff::", "IP:::1", "::1", CONSTRAINED],
];
for (const [i, [limits, san, asked, refused]] of constraints.entries()) {
  for (const where of ["root", "intermediate"] as const) {
    const title = `${limits} of the ${where}, ${san}, for ${asked}`;
    Deno.test(`attack: ${title}: ${refused === undefined ? "accepted" : "refused"}`, async () => {
      const name = `limit-${where}-${i}`;
      const limited = [...AUTHORITY, `nameConstraints=critical,${limits}`];
      const authority = await issue(dir, name, {
        subject: `/CN=limited ${where}`,
        extensions: limited,
        ...where === "intermediate" && { issuer: ca },
      });
      const server = await issue(dir, `${name}-server`, {
        subject: "/CN=server",
        extensions: [...SERVING, `subjectAltName=${san}`],
        issuer: authority,
      });
      if (where === "intermediate") {
        const chain = await Promise.all(
          [server, authority].map(({ cert }) => Deno.readTextFile(cert)),
        );
        await Deno.writeTextFile(server.cert, chain.join(""));
      }
      await judged(server, where === "root" ? authority.cert : ca.cert, asked, refused);
    });
  }
}
