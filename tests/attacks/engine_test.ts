/** A hostile Docker engine, as a stand-in on raw sockets that forces the faults. */
import { abortable, attacked, campaign } from "./attack.ts";
import {
  type Answer,
  flood,
  hang,
  httpAnswers,
  json,
  OK,
  text,
  then,
  UPGRADED,
} from "./http_answers.ts";
import { rawServer } from "./raw_server.ts";

for (const endpoint of ["docker://", "docker-container://x"]) {
  Deno.test(`attack: engine, ${endpoint}, answers of HTTP`, () =>
    campaign(httpAnswers, async ([title, answer, expected]) => {
      await using server = rawServer(async (conn) => await answer(conn, await conn.head()));
      const env = { DOCKER_HOST: `tcp://127.0.0.1:${server.port}`, HOME: "/nowhere" };
      await attacked({ title, endpoint, env, ...expected && { expected } });
    }));
}

/** The exec's own steps: `/containers/x/exec`, `/exec/ID/start`, `/exec/ID/json`. */
const framed = (stream: number, payload: string) =>
  String.fromCharCode(stream, 0, 0, 0) +
  String.fromCharCode(
    payload.length >>> 24,
    payload.length >>> 16 & 255,
    payload.length >>> 8 & 255,
    payload.length & 255,
  ) +
  payload;
const latin = (value: string) => Uint8Array.from(value, (char) => char.charCodeAt(0));
/** The program has started, and heard the client's first words. */
const started = (more: Answer): Answer =>
  then(UPGRADED.replace("h2c", "tcp"), async (conn, head) => {
    await conn.heard();
    await more(conn, head);
  });

const steps: [title: string, start: Answer, inspect: Answer][] = [
  ["a frame of 4 GiB", started((conn) => conn.flood(latin("\x01\0\0\0\xff\xff\xff\xff"))), hang],
  ["frames of an unknown stream", started((conn) => conn.flood(latin(framed(9, "x")))), hang],
  ["empty frames without an end", started((conn) => conn.flood(latin(framed(1, "")))), hang],
  [
    "stderr without an end",
    started((conn) => conn.flood(latin(framed(2, "x".repeat(1000))))),
    hang,
  ],
  [
    "stderr lines without an end",
    started((conn) => conn.flood(latin(framed(2, "x\n".repeat(500))))),
    hang,
  ],
  [
    "a refusal without an end",
    started(async (conn) => {
      await conn.send(latin(framed(1, "OCI runtime exec failed: ")));
      await conn.flood(latin(framed(1, "x".repeat(1000))));
    }),
    hang,
  ],
  ["half a frame's header", started((conn) => conn.send(latin("\x01\0\0"))), hang],
  ["half a frame", started((conn) => conn.send(latin("\x01\0\0\0\0\0\0\x10abc"))), hang],
  ["the end, and then no word on the program", started(text("")), hang],
  ["the end, and a word without an end", started(text("")), then(OK + "\r\n", flood(" "))],
  ["the end, and garbage on the program", started(text("")), text("garbage")],
  [
    "a byte, the end, and no word on the program",
    started((conn) => conn.send(latin(framed(1, "\0\0\0\x04\0\0\0\0\0")))),
    hang,
  ],
  ...[
    "null",
    "[]",
    '{"Running":"x"}',
    '{"Running":false,"ExitCode":"x"}',
    '{"Running":false,"ExitCode":1e999}',
    '{"Running":false,"ExitCode":-5}',
  ]
    .map((
      value,
    ): [string, Answer, Answer] => [
      `the end, and ${value} on the program`,
      started(text("")),
      text(json(value)),
    ]),
];
Deno.test("attack: engine, the steps of an exec", () =>
  campaign(steps, async ([title, start, inspect]) => {
    await using server = rawServer(async (conn) => {
      const head = await conn.head();
      if (head.startsWith("POST /containers/x/exec ")) await conn.send(json('{"Id":"1"}'));
      else if (head.startsWith("POST /exec/1/start ")) await start(conn, head);
      else await inspect(conn, head);
    });
    const env = { DOCKER_HOST: `tcp://127.0.0.1:${server.port}`, HOME: "/nowhere" };
    await attacked({ title, endpoint: "docker-container://x", env });
  }));

for (const endpoint of ["docker://", "docker-container://x"]) {
  for (
    const [title, answer] of [
      ["nothing", hang],
      ["half a head", then("HTTP/1.1 200", hang)],
      [
        "header without an end, slowly",
        (async (conn) => {
          for (;;) {
            await conn.send("HTTP/1.1 100 Continue\r\n\r\n");
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }) as Answer,
      ],
      ["half a body", then(`${OK}Content-Length: 9\r\n\r\n{`, hang)],
    ] as const
  ) {
    const name = `abort: engine, ${endpoint}, ${title}`;
    // The stand-in writes on for a moment.
    Deno.test({ name, sanitizeOps: false, sanitizeResources: false }, async () => {
      await using server = rawServer(async (conn) => await answer(conn, await conn.head()));
      const env = { DOCKER_HOST: `tcp://127.0.0.1:${server.port}`, HOME: "/nowhere" };
      await abortable({ title, endpoint, env });
    });
  }
}
