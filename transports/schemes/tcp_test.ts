import assert from "node:assert/strict";
import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { eventually, manualClock } from "../../tests/harness/manual_clock.ts";
import { context } from "../../tests/transports/contract_help.ts";
import { tcp } from "./tcp.ts";

checkEndpoints(tcp, {
  good: [
    ["tcp://127.0.0.1:1234", { host: "127.0.0.1", port: 1234 }],
    ["tcp://[::1]:1", { host: "::1", port: 1 }],
    ["tcp://[fe80::1%eth0]:65535", { host: "fe80::1%eth0", port: 65535 }],
    ["TCP://Build_Host.Example.:01234", { host: "Build_Host.Example.", port: 1234 }],
    ["tcp://bücher.example:1234", { host: "bücher.example", port: 1234 }],
  ],
  bad: [
    ["tcp://", /it has no host/],
    ["tcp://:1234", /it has no host/],
    ["tcp://host", /it has no port; .*tcp:\/\/host:1234$/],
    ["tcp://host:", /it has no port/],
    ["tcp://[::1]", /it has no port; .*tcp:\/\/\[::1\]:1234$/],
    ["tcp://::1:1234", /an IPv6 address must be in brackets/],
    ["tcp://[::1", /it is not a host and a port/],
    ["tcp://[host]:1234", /only IPv6 goes into brackets/],
    ["tcp://host:0", /"0" is not a port; .*from 1 to 65535/],
    ["tcp://host:65536", /"65536" is not a port/],
    ["tcp://host:http", /"http" is not a port/],
    ["tcp://host:-1", /"-1" is not a port/],
    ["tcp://host:1234/path", /it has a path/],
    ["tcp://host:1234#x", /it has a fragment/],
    ["tcp://user:hunter2@host:1234", /a user name is not allowed here/],
    ["tcp://a host:1234", /"a host" is not a host name/],
    ["tcp://host:1234?tls=hunter2", /no option "tls"/],
  ],
});

Deno.test("tcp: the authority, the name, and whether bytes leave this machine", () => {
  for (
    const [endpoint, authority, name, plaintext] of [
      ["tcp://127.0.0.1:1", "127.0.0.1:1", "127.0.0.1", false],
      ["tcp://127.8.9.1:1", "127.8.9.1:1", "127.8.9.1", false],
      ["tcp://localhost:1", "localhost:1", "localhost", false],
      ["tcp://a.LOCALHOST:1", "a.LOCALHOST:1", "a.LOCALHOST", false],
      ["tcp://[::1]:1", "[::1]:1", "::1", false],
      ["tcp://[0:0:0:0:0:0:0:1]:1", "[0:0:0:0:0:0:0:1]:1", "0:0:0:0:0:0:0:1", false],
      ["tcp://[fe80::1%eth0]:1", "[fe80::1]:1", "fe80::1", true],
      ["tcp://10.0.0.1:1", "10.0.0.1:1", "10.0.0.1", true],
      ["tcp://notlocalhost:1", "notlocalhost:1", "notlocalhost", true],
      ["tcp://127.0.0.1.example:1", "127.0.0.1.example:1", "127.0.0.1.example", true],
    ] as const
  ) {
    const spec = tcp.parse(endpoint);
    assert.deepEqual(tcp.host(spec), { authority, name });
    assert.equal(tcp.plaintext(spec), plaintext, endpoint);
  }
});

Deno.test("tcp: an unknown name", async () => {
  await assert.rejects(tcp.dial({ host: "nowhere.invalid", port: 1 }, context()), {
    name: "DialError",
    problem: 'the name "nowhere.invalid" can\'t be resolved',
    step: "resolve",
    code: "not-found",
  });
});

Deno.test("tcp: the steps of a dial that is slow", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const queue = [await Deno.connect({ port }), await Deno.connect({ port })];
  const steps: string[] = [];
  using clock = manualClock();
  const signal = AbortSignal.timeout(700);
  const step = (...parts: unknown[]) => steps.push(parts.join(" "));
  const dialled = tcp.dial({ host: "localhost", port }, { ...context(signal), step });
  dialled.catch(() => {});
  await clock.advance(300);
  await eventually(() => steps.length === 2);
  await clock.advance(500);
  await assert.rejects(dialled, /timed out while connecting \(localhost resolves to 127\.0\.0\.1/);
  assert.match(
    steps.join("; "),
    /^resolve localhost; connect localhost resolves to 127\.0\.0\.1[^;]*$/,
  );
  for (const conn of queue) conn.close();
  listener.close();
});
