/** Answers to any HTTP/1.1 request that a hostile server may give, each with its name. */
import type { RawConn } from "./raw_server.ts";

export type Answer = (conn: RawConn, head: string) => Promise<void>;

export const OK = "HTTP/1.1 200 OK\r\n";
export const json = (text: string) =>
  `${OK}Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
export const UPGRADED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
export const text = (value: string): Answer => (conn) => conn.send(value);
export const then = (value: string, more: Answer): Answer => async (conn, head) => {
  await conn.send(value);
  await more(conn, head);
};
export const hang: Answer = (conn) => conn.hang();
export const flood = (data: string | Uint8Array): Answer => (conn) => conn.flood(data);

/** Hostile answers to any request. */
export const httpAnswers: [title: string, answer: Answer, expected?: RegExp][] = [
  ["nothing, and no end", hang],
  ["nothing, and the end", text("")],
  ["half a status line", text("HTTP/1.1 20")],
  ["half a status line, and no end", then("HTTP/1.1 20", hang)],
  ["a status line without an end", flood("HTTP/1.1 200 OK ")],
  ["zeros without an end", flood(new Uint8Array(1024))],
  ["line ends without an end", flood("\r\n")],
  ["header without an end", then(OK, flood("X-A: b\r\n"))],
  ["one header line without an end", then(`${OK}X: `, flood("x"))],
  ["header names without an end", then(OK, flood("x"))],
  ["interim answers without an end", flood("HTTP/1.1 100 Continue\r\n\r\n")],
  ["another protocol", text("SSH-2.0-OpenSSH_9.2\r\n")],
  ["HTTP/2", text("\0\0\x06\x04\0\0\0\0\0\0\x04\0\xff\xff\xff")],
  ["HTTP/0.9", text("<html>hello</html>")],
  ["HTTP/3.7", text("HTTP/3.7 200 OK\r\n\r\n")],
  ["status 000", text("HTTP/1.1 000 No\r\n\r\n")],
  ["status 99999", text("HTTP/1.1 99999 No\r\n\r\n")],
  ["status 200 in place of 101, and the end", text(`${OK}\r\n`)],
  ["status 200, and no end", then(`${OK}\r\n`, hang)],
  [
    "a redirect",
    text(
      "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    ),
  ],
  [
    "a redirect to itself, again and again",
    text("HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
  ],
  ["101 with garbage", text(`${UPGRADED}${"garbage ".repeat(1000)}`)],
  ["101 with zeros without an end", then(UPGRADED, flood(new Uint8Array(1024)))],
  [
    "101 with another protocol",
    text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello"),
  ],
  ["101 and the end", text(UPGRADED)],
  ["101 and silence", then(UPGRADED, hang)],
  ["101 and an HTTP/1.1 answer", text(UPGRADED + json("{}"))],
  ["101 and SETTINGS without an end", then(UPGRADED, flood("\0\0\0\x04\0\0\0\0\0"))],
  ["101 and PING without an end", then(UPGRADED, flood("\0\0\x08\x06\0\0\0\0\0xxxxxxxx"))],
  ["101 and a frame that is too long", then(UPGRADED, flood("\xff\xff\xff\0\0\0\0\0\x01"))],
  ["an error page without an end", then("HTTP/1.1 500 Oops\r\n\r\n", flood("<p>oops</p>"))],
  ["an error without a length, and no end", then("HTTP/1.1 500 Oops\r\n\r\n{", hang)],
  [
    "an error whose text has escapes",
    text(
      'HTTP/1.1 500 Oops\r\nContent-Length: 34\r\n\r\n{"message":"\\u001b]52;c;aGVsbG8=\\u0007"}',
    ),
  ],
  ["401 and nothing", text("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")],
  ["a length that is no number", text(`${OK}Content-Length: x\r\n\r\n`)],
  ["a negative length", text(`${OK}Content-Length: -1\r\n\r\n`)],
  ["two lengths", text(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`)],
  ["a length of 1e15", then(`${OK}Content-Length: 999999999999999\r\n\r\n`, flood(" "))],
  ["half a body", text(`${OK}Content-Length: 100\r\n\r\n{"Id":`)],
  ["half a body, and no end", then(`${OK}Content-Length: 100\r\n\r\n{"Id":`, hang)],
  ["a chunk without a length", text(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`)],
  [
    "a chunk of 2^48 bytes",
    then(`${OK}Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\n`, flood(" ")),
  ],
  ["a chunk whose length has no end", then(`${OK}Transfer-Encoding: chunked\r\n\r\n`, flood("0"))],
  [
    "a chunk with an extension without an end",
    then(`${OK}Transfer-Encoding: chunked\r\n\r\n1;`, flood("x")),
  ],
  [
    "chunks of a byte without an end",
    then(`${OK}Transfer-Encoding: chunked\r\n\r\n`, flood("1\r\n \r\n")),
  ],
  [
    "trailers without an end",
    then(`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`, flood("X: y\r\n")),
  ],
  [
    "a chunk that is longer than it says",
    text(`${OK}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`),
  ],
  ["JSON without an end", then(`${OK}\r\n[`, flood("[],"))],
  ["JSON that is nested a million deep", text(json("[".repeat(1_000_000)))],
];
/** JSON of the wrong shape, where an object with an `Id` is expected. */
for (
  const value of [
    ...["", "null", "[]", '"x"', "1", "{", '{"Id":1}', '{"Id":null}', '{"Id":{}}', "[null]"],
  ]
) {
  httpAnswers.push([`JSON ${value || "of nothing"}`, text(json(value))]);
}
