/** `fairlead doctor` on real daemons, working and broken. */
import assert from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { accept } from "../harness/accept.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { silentPort } from "../harness/silent_port.ts";
import { startSshd } from "../harness/sshd.ts";
import { missing } from "../harness/tool.ts";
import { fairlead } from "../harness/fairlead.ts";
import { copyExamples, environment } from "../plugins/surroundings.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(needsRoot() ?? await missing("buildkitd", "runc", "openssl"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

interface Step {
  readonly step: string;
  readonly status: string;
  readonly text: string;
  readonly ms?: number;
  readonly hint?: string;
  readonly code?: string;
  readonly [key: string]: unknown;
}

/** The steps of the one node; checks that exit code and `ok` agree. */
async function examined(space: Workspace, ...args: string[]): Promise<Step[]> {
  const { code, stdout, stderr } = await space.fairlead(["doctor", "--format=json", ...args]);
  assert.equal(stderr, "");
  const { ok, nodes } = JSON.parse(stdout) as {
    ok: boolean;
    nodes: { ok: boolean; steps: Step[] }[];
  };
  assert.equal(code, ok ? 0 : 1, stdout);
  assert.equal(nodes.length, 1);
  assert.equal(nodes[0]!.ok, ok);
  return nodes[0]!.steps;
}

const names = (steps: readonly Step[]) => steps.map(({ step }) => step);

/** The last step: the one that failed. */
function failed(steps: readonly Step[], step: string, text: RegExp, hint: RegExp): void {
  const last = steps.at(-1)!;
  assert.equal(last.status, "failed", JSON.stringify(steps));
  assert.equal(last.step, step, JSON.stringify(last));
  assert.match(last.text, text);
  assert.match(last.hint ?? "", hint);
  assert.ok(last.code, JSON.stringify(last));
}

test("doctor: every step to a healthy daemon succeeds, by its socket and by a name", async () => {
  await using daemon = await startBuildkitd({ tcp: true });
  await using space = await workspace(daemon.address);
  const socket = await examined(space, daemon.address, "--transfer=3m");
  const asked = ["HTTP/2", "Info", "workers", "cache", "round trip", "up", "down"];
  assert.deepEqual(names(socket), ["endpoint", "connect", ...asked]);
  assert.ok(socket.every(({ status, text }) => status === "ok" && text !== ""));
  assert.match(socket[3]!.text, /^BuildKit v\d/);
  assert.deepEqual((socket[4]!["workers"] as unknown[]).length, 1);
  for (const way of ["up", "down"]) {
    const { bytes, bytesPerSecond, ms } = socket.find(({ step }) => step === way)!;
    // A tar has some blocks more than the file.
    assert.ok((bytes as number) >= 3 << 20 && (bytes as number) < (3 << 20) + 20_000, `${bytes}`);
    assert.ok((bytesPerSecond as number) > 0 && ms! > 0);
  }

  const named = await examined(
    space,
    daemon.tcp.replace("127.0.0.1", "localhost"),
    "--transfer=0",
  );
  const [, resolve] = named;
  assert.equal(resolve!.step, "resolve");
  assert.ok((resolve!["addresses"] as string[]).includes("127.0.0.1"));
  const addresses = named.filter(({ step }) => step === "address");
  assert.ok(addresses.some(({ status, text }) => status === "ok" && /^127\.0\.0\.1:/.test(text)));
  assert.deepEqual(names(named).slice(2 + addresses.length), ["connect", ...asked.slice(0, 5)]);

  const { stdout } = await succeeds(space.fairlead(["doctor", "--transfer=1m"]));
  assert.match(stdout, /^test, node test0: unix:\/\/\S+\nok +endpoint .*\nok +connect .*\n/);
  assert.match(
    stdout,
    /\nok +up +\d+ MiB\/s, 1 MiB \(.*\nok +down .*\n\nverdict: the daemon can be used\n$/,
  );
});

test("doctor: TLS with its chain, also the one that is not accepted", async (t) => {
  await using certs = await makeCerts();
  const tls = { ...certs.server, ca: certs.ca.cert };
  await using daemon = await startBuildkitd({ tcp: true, tls });
  await using space = await workspace(daemon.address);
  const go = (options: Record<string, string>) => {
    const opts = Object.entries(options).map(([key, value]) => `${key}=${value}`).join(",");
    return examined(space, daemon.tcp, "--transfer=1m", `--driver-opt=${opts}`);
  };
  const cacert = certs.ca.cert;

  await t.step("mutual TLS succeeds", async () => {
    const steps = await go({ cacert, ...certs.client });
    assert.equal(steps.at(-1)!.step, "down", JSON.stringify(steps));
    const [files, shaken] = steps.filter(({ step }) => step === "TLS");
    assert.match(files!.text, /client certificate: .*client\.pem \(CN=client, signed by CN=fair/);
    assert.match(shaken!.text, /^TLSv1\.[23], h2, /);
    const [own] = shaken!["chain"] as Record<string, unknown>[];
    assert.equal(own!["subject"], "CN=buildkitd");
    assert.equal(own!["issuer"], "CN=fairlead test CA");
    assert.ok((own!["names"] as string[]).includes("127.0.0.1"));
    assert.ok(Date.parse(own!["validTo"] as string) > Date.now());
  });
  await t.step("a CA that isn't the daemon's: its certificate is shown all the same", async () => {
    const steps = await go({ ...certs.client, cacert: certs.otherCa.cert });
    const text = /signed by CN=fairlead test CA, which is not in .*other-ca\.pem/;
    failed(steps, "TLS", text, /cacert/);
    const [own] = steps.at(-1)!["chain"] as Record<string, unknown>[];
    assert.equal(own!["subject"], "CN=buildkitd");
  });
  await t.step("the client has no certificate", async () => {
    failed(await go({ cacert }), "TLS", /demands a client certificate/, /cert=FILE,key=FILE/);
  });
  await t.step("a file that isn't there", async () => {
    const steps = await go({ cacert: "/no/ca.pem" });
    failed(steps, "TLS", /can't read cacert .*no such file/, /cacert/);
  });
  await t.step("a port that requires TLS is dialled without it", async () => {
    const steps = await examined(space, daemon.tcp);
    const text = /the port expects TLS .*CN=buildkitd.*the connection has none/;
    failed(steps, "TLS", text, /cacert=FILE/);
  });
});

Deno.test("doctor: a port without a daemon is reported with its protocol", async (t) => {
  await using space = await workspace("unix:///no/daemon.sock");
  await t.step("closed", async () => {
    const steps = await examined(space, "tcp://127.0.0.1:1");
    assert.deepEqual(names(steps), ["endpoint", "connect"]);
    failed(steps, "connect", /^connection refused$/, /daemon is running/);
  });
  for (
    const answer of ["HTTP/1.1 400 Bad Request\r\n\r\n", "<!DOCTYPE HTML>\n<p>Error 400</p>\n"]
  ) {
    await t.step(`HTTP/1.1: ${answer.slice(0, 8)}`, async () => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await using _ = accept(listener, async (connection) => {
        await connection.read(new Uint8Array(100));
        await connection.write(new TextEncoder().encode(answer));
      });
      const steps = await examined(space, `tcp://127.0.0.1:${listener.addr.port}`);
      failed(steps, "HTTP/2", /an HTTP\/1\.1 server is listening there/, /gRPC listener/);
    });
  }
  await t.step("silent", async () => {
    await using silent = silentPort();
    const accepting = silent.connected();
    const steps = await examined(space, silent.endpoint, "--connect-timeout=600ms");
    failed(steps, "HTTP/2", /accepts connections, but sent nothing for 0\.6 s/, /./);
    await accepting;
  });
  await t.step("a missing socket, an unknown scheme and a name that does not resolve", async () => {
    failed(await examined(space, "unix:///no/such.sock"), "connect", /no such socket/, /path/);
    failed(await examined(space, "tcp://no.invalid:1"), "resolve", /can't be resolved/, /spelling/);
    for (const url of ["nope://x", "tcp://host"]) {
      const steps = await examined(space, url);
      assert.deepEqual(names(steps), ["endpoint"]);
      assert.equal(steps[0]!.status, "failed");
      assert.ok(steps[0]!.hint);
    }
  });
  await t.step("arguments that make no sense are refused", async () => {
    for (const args of [["--format=xml"], ["--driver-opt=cacert=/x", "test"], ["nobody"]]) {
      const { stdout, stderr } = await fails(space.fairlead(["doctor", ...args]));
      assert.equal(stdout, "");
      assert.match(stderr, /^ERROR: /m);
    }
  });
});

test("doctor: the node of a builder that is down is reported", async () => {
  await using daemon = await startBuildkitd();
  await using space = await workspace(daemon.address);
  await succeeds(space.fairlead(["create", "--append", "--name=test", "unix:///no/such.sock"]));
  const { stdout } = await fails(space.fairlead(["doctor", "test", "--transfer=0"]));
  assert.match(stdout, /^test, node test0: unix:\/\/[^]*ok +round trip/);
  assert.match(stdout, /\n\ntest, node test1: [^]*\nFAILED +connect +no such socket/);
});

Deno.test({
  name: "doctor: over ssh, the login and the remote socket or program are checked",
  ignore: ignore || skip(await missing("sshd", "buildctl")),
}, async () => {
  await using daemon = await startBuildkitd();
  await using sshd = await startSshd();
  await using space = await workspace(daemon.address);
  const access = `identity=${sshd.key}&knownHosts=${sshd.knownHosts}`;
  const at = `ssh://${sshd.user}@127.0.0.1:${sshd.port}`;
  const well = await examined(space, `${at}${daemon.socket}?${access}`, "--transfer=1m");
  assert.equal(well.at(-1)!.step, "down", JSON.stringify(well));
  assert.ok(names(well).includes("authenticate"), JSON.stringify(names(well)));
  failed(
    await examined(space, `${at}/no/such.sock?${access}`),
    "exec",
    /can't reach the socket \/no\/such\.sock/,
    /buildkitd runs there/,
  );
  const program = `buildctl --addr unix://${daemon.socket} dial-stdio`;
  const by = (command: string) =>
    examined(space, `${at}?${access}&command=${encodeURIComponent(command)}`, "--transfer=0");
  const order = names(await by(program)).slice(0, 4);
  assert.deepEqual(order, ["endpoint", "connect", "authenticate", "exec"]);
  failed(
    await by(`echo Welcome; exec ${program}`),
    "HTTP/2",
    /it wrote the text "Welcome"/,
    /prints nothing itself/,
  );
  failed(
    await examined(space, `${at}/x?identity=${sshd.key}&knownHosts=${sshd.root}/none`),
    "authenticate",
    /the host key of .* is not known/,
    /accept it with: printf/,
  );
});

Deno.test({
  name: "doctor: a plugin that works and one that fails are reported",
  ignore: ignore || skip(await missing("buildctl")),
}, async () => {
  await using daemon = await startBuildkitd();
  const folder = await Deno.makeTempDir({ prefix: "fl-doctor-" });
  await using _ = removedLater(folder);
  await copyExamples(folder);
  const env = await environment(folder);
  const go = (url: string) => fairlead(["doctor", "--transfer=1m", url], { env });
  const well = await succeeds(go(`stdio://${daemon.socket}`));
  assert.match(well.stdout, /endpoint .*the plugin \S+fairlead-transport-stdio/);
  const broken = await fails(go("stdio:///no/such.sock"));
  assert.match(
    broken.stdout,
    /\nFAILED +(exec|HTTP\/2|connect) +the plugin .* failed with exit code 1/,
  );
});

Deno.test("doctor: a web server that speaks HTTP/2 is recognised", async () => {
  const { createServer } = await import("node:http2");
  await using space = await workspace("unix:///nowhere");
  const server = createServer((_request, response) => {
    response.writeHead(404, { "content-type": "text/html" });
    response.end("<h1>not found</h1>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as { port: number };
    const http2 = await fails(space.fairlead(["doctor", `tcp://127.0.0.1:${port}`]));
    assert.match(http2.stdout, /FAILED +Info +.*answered HTTP status 404 with content type text/);
    assert.match(http2.stdout, /hint: a proxy or another server is there/);
    assert.match(http2.stdout, /\n\nverdict: the daemon can't be used: Info failed: .*404/);
  } finally {
    server.close();
  }
});
