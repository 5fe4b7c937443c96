/** A hostile Kubernetes API server, as a stand-in on raw sockets that forces the faults. */
import { abortable, attacked, campaign } from "./attack.ts";
import { type Answer, flood, hang, httpAnswers, json, OK, text, then } from "./http_answers.ts";
import { rawServer } from "./raw_server.ts";

const folder = await Deno.makeTempDir({ prefix: "fl-attacks-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** A kubeconfig, in JSON, which YAML takes. */
async function kubeconfig(port: number): Promise<string> {
  const path = `${folder}/config-${port}`;
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  return path;
}

const PATHS = ["kube-pod://x?", "kube-pod://x?mode=port-forward&", "kube-pod://?selector=app=x&"];

for (const way of PATHS) {
  Deno.test(`attack: API server, ${way}, answers of HTTP`, () =>
    campaign(httpAnswers, async ([title, answer, expected]) => {
      await using server = rawServer(async (conn) => await answer(conn, await conn.head()));
      const endpoint = `${way}kubeconfig=${await kubeconfig(server.port)}`;
      await attacked({ title, endpoint, env: { HOME: "/nowhere" }, ...expected && { expected } });
    }));
}

/** Lists of pods of the wrong shape. */
const pods = [
  "{}",
  '{"items":{}}',
  '{"items":null}',
  '{"items":"x"}',
  '{"items":[]}',
  '{"items":[null]}',
  '{"items":["x"]}',
  '{"items":[{}]}',
  '{"items":[{"metadata":null}]}',
  '{"items":[{"metadata":{},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}',
  '{"items":[{"metadata":{"name":5},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}',
  '{"items":[{"metadata":{"name":"../../x"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}',
  '{"items":[{"metadata":{"name":"a\\r\\nX: y"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}',
  '{"items":[{"metadata":{"name":"p"},"status":{"phase":"Running","conditions":{}}}]}',
  '{"items":[{"metadata":{"name":"p"},"status":{"phase":"Pending","containerStatuses":[null]}}]}',
  '{"items":[{"metadata":{"name":"p"},"status":{"phase":"Pending","containerStatuses":"x"}}]}',
  '{"items":[{"metadata":{"name":"p"},"status":{"phase":5,"conditions":[null]}}]}',
  '{"items":[{"metadata":{"name":"p"},"spec":{"containers":null},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}',
  '{"items":[{"metadata":{"name":"p"},"spec":{"containers":[null]},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}',
];
Deno.test("attack: API server, lists of pods", () =>
  campaign(pods, async (list) => {
    await using server = rawServer(async (conn) => {
      const head = await conn.head();
      await (/^GET \/api\/v1\/namespaces\/default\/pods\?/.test(head)
        ? conn.send(json(list))
        : conn.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"));
    });
    const endpoint = `kube-pod://?selector=app=x&kubeconfig=${await kubeconfig(server.port)}`;
    await attacked({ title: list, endpoint, env: { HOME: "/nowhere" } });
  }));

/** A pod, and then refusals of the wrong shape: each is looked into. */
const refusals = [
  "null",
  "[]",
  '{"kind":"Status"}',
  '{"kind":"Status","message":null,"reason":null}',
  '{"kind":"Status","message":{"a":1},"reason":[]}',
  '{"kind":"Status","status":"Failure","reason":"NotFound","message":"x","code":"y"}',
  '{"kind":"Status","reason":"BadRequest","message":"a container name must be specified for pod x, choose one of: [a b]"}',
  '{"kind":"Pod","metadata":null,"spec":null,"status":null}',
  '{"kind":"Pod","metadata":{"annotations":5},"spec":{"containers":"x"},"status":{"phase":{}}}',
  '{"kind":"Status","message":"\\u001b]0;title\\u0007"}',
];
for (const status of [400, 401, 403, 404, 409, 422, 429, 500, 503]) {
  Deno.test(`attack: API server, refusals with ${status}`, () =>
    campaign(refusals, async (body) => {
      await using server = rawServer(async (conn) => {
        await conn.head();
        await conn.send(`HTTP/1.1 ${status} No\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
      const endpoint = `kube-pod://x?kubeconfig=${await kubeconfig(server.port)}`;
      await attacked({ title: body, endpoint, env: { HOME: "/nowhere" } });
    }));
}

/** Upgrades as a WebSocket server does, and goes on by a script. */
const upgraded = (more: Answer, protocol?: string): Answer => async (conn, head) => {
  const key = /^sec-websocket-key: (\S+)/im.exec(head)?.[1] ?? "";
  const hash = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
  );
  const chosen = protocol ?? /^sec-websocket-protocol: ([^,\r]+)/im.exec(head)?.[1] ?? "";
  await conn.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${new Uint8Array(hash).toBase64()}\r\n` +
      `Sec-WebSocket-Protocol: ${chosen}\r\n\r\n`,
  );
  await more(conn, head);
};

/** A frame of a server, which is not masked. */
function frame(opcode: number, payload: number[] | Uint8Array, first = 0x80 | opcode): Uint8Array {
  const length = payload.length < 126
    ? [payload.length]
    : [126, payload.length >> 8, payload.length & 255];
  return Uint8Array.from([first, ...length, ...payload]);
}
const bytes = (value: string) => [...new TextEncoder().encode(value)];
const once = (data: Uint8Array): Answer => (conn) => conn.send(data);
const STATUS = 3;

const sockets: [title: string, answer: Answer][] = [
  ["silence", hang],
  ["the end", text("")],
  ["garbage", text("garbage ".repeat(100))],
  ["half a frame's header", once(Uint8Array.of(0x82))],
  [
    "a frame of 2^63 bytes",
    (conn) => conn.flood(Uint8Array.of(0x82, 127, 127, 255, 255, 255, 255, 255, 255, 255)),
  ],
  ["a masked frame", once(Uint8Array.of(0x82, 0x81, 1, 2, 3, 4, 5))],
  ["reserved bits", once(Uint8Array.of(0xf2, 1, 1))],
  ["an unknown opcode", once(frame(5, [1]))],
  ["a long control frame", once(frame(9, new Uint8Array(200)))],
  ["pings without an end", flood(frame(9, new Uint8Array(125)))],
  ["pongs without an end", flood(frame(10, new Uint8Array(125)))],
  ["empty frames without an end", flood(frame(2, []))],
  ["continuations without a beginning", flood(frame(0, [1, 2, 3]))],
  ["empty messages that are never final", flood(frame(2, [], 0x02))],
  ["a close with a reason", once(frame(8, bytes("\x03\xe8\u001b[2J")))],
  ["an unknown channel without an end", flood(frame(2, [200, ...bytes("x".repeat(100))]))],
  ["stderr without an end", flood(frame(2, [2, ...bytes("x".repeat(100))]))],
  ["stderr lines without an end", flood(frame(2, [2, ...bytes("x\n".repeat(50))]))],
  ["a status without an end", flood(frame(2, [STATUS, ...bytes("x".repeat(120))]))],
  ...[
    "",
    "null",
    "[]",
    "{",
    '{"status":5}',
    '{"status":"Failure"}',
    '{"status":"Failure","details":5}',
    '{"status":"Failure","details":{"causes":{}}}',
    '{"status":"Failure","details":{"causes":[null]}}',
    '{"status":"Failure","message":{},"details":{"causes":[{"reason":"ExitCode","message":{}}]}}',
  ]
    .map((status): [string, Answer] => [
      `the status ${status}`,
      once(Uint8Array.from([...frame(2, [STATUS, ...bytes(status)]), ...frame(8, [])])),
    ]),
  ["stdout that is no HTTP/2", once(frame(2, [1, ...bytes("hello, world ".repeat(9))]))],
  ["stdout without an end", flood(frame(2, [1, ...new Uint8Array(120)]))],
];
for (const way of ["kube-pod://x?", "kube-pod://x?mode=port-forward&"]) {
  Deno.test(`attack: API server, ${way}, WebSockets`, () =>
    campaign(sockets, async ([title, answer]) => {
      await using server = rawServer(async (conn) => {
        const head = await conn.head();
        if (/^upgrade: websocket/im.test(head)) await upgraded(answer)(conn, head);
        else await conn.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
      });
      const endpoint = `${way}kubeconfig=${await kubeconfig(server.port)}`;
      await attacked({ title, endpoint, env: { HOME: "/nowhere" } });
    }));
  for (const protocol of ["", "v9.channel.k8s.io", "v4.channel.k8s.io, v5.channel.k8s.io"]) {
    Deno.test(`attack: API server, ${way}, the protocol ${JSON.stringify(protocol)}`, async () => {
      await using server = rawServer(async (conn) =>
        await upgraded(hang, protocol)(conn, await conn.head())
      );
      const endpoint = `${way}kubeconfig=${await kubeconfig(server.port)}`;
      await attacked({ title: protocol, endpoint, env: { HOME: "/nowhere" } });
    });
  }
}

for (const way of PATHS) {
  for (
    const [title, answer] of [
      ["nothing", hang],
      ["half a body", then(`${OK}Content-Length: 9\r\n\r\n{`, hang)],
      ["an upgrade to silence", upgraded(hang)],
    ] as const
  ) {
    Deno.test(`abort: API server, ${way}, ${title}`, async () => {
      await using server = rawServer(async (conn) => await answer(conn, await conn.head()));
      const endpoint = `${way}kubeconfig=${await kubeconfig(server.port)}`;
      await abortable({ title, endpoint, env: { HOME: "/nowhere" } });
    });
  }
}
