import { deepEqual, equal, rejects } from "node:assert/strict";
import { joinBytes } from "../../base/bytes.ts";
import { readText as readAll } from "../../tests/transports/contract_help.ts";
import { fakeStream } from "../../tests/transports/fake_stream.ts";
import { type HttpRequest, readText, startExchange } from "./http1.ts";

const get: HttpRequest = { method: "GET", path: "/x", host: "h" };

/** The request's text, of which each write took a part. */
const textOf = (sent: readonly Uint8Array[]) => new TextDecoder().decode(joinBytes(sent));

Deno.test("answers, in parts of any size", async () => {
  const answers: [string, number, string][] = [
    ["HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello worldMORE", 200, "hello world"],
    ["HTTP/1.1 200\r\nA: 1\r\nContent-Length: 0\r\n\r\n", 200, ""],
    ["HTTP/1.0 200 OK\n\nhello world", 200, "hello world"],
    [
      "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n6;x=y\r\nhello \r\n5\r\nworld\r\n0\r\nT: 1\r\n\r\nMORE",
      201,
      "hello world",
    ],
    ["HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\n\r\nMORE", 204, ""],
    ["HTTP/1.1 101 UPGRADED\r\nContent-Length: 3\r\n\r\nraw bytes", 101, "raw bytes"],
  ];
  for (const [answer, status, body] of answers) {
    for (const size of [1, 2, 3, 7, 1000]) {
      const http = await startExchange(fakeStream(answer, size).stream, get);
      equal((await http.head()).status, status, answer);
      equal(await readAll(http, 5), body, answer);
    }
  }
});

Deno.test("header names in any case, repeated values joined", async () => {
  const { stream } = fakeStream("HTTP/1.1 404 Not Found\r\nX-A:  1 \r\nx-a: 2\r\n\r\n");
  const head = await (await startExchange(stream, get)).head();
  equal(head.line, "404 Not Found");
  deepEqual([...head.headers], [["x-a", "1, 2"]]);
});

Deno.test("the bytes of a request", async () => {
  const cases: [Partial<HttpRequest>, string][] = [
    [{}, "GET /x HTTP/1.1\r\nHost: h\r\nUser-Agent: fairlead\r\nConnection: close\r\n\r\n"],
    [
      { method: "POST", headers: { A: "b" } },
      "POST /x HTTP/1.1\r\nHost: h\r\nUser-Agent: fairlead\r\nA: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ],
    [
      { method: "POST", body: new TextEncoder().encode("body"), upgrade: "tcp" },
      "POST /x HTTP/1.1\r\nHost: h\r\nUser-Agent: fairlead\r\nContent-Length: 4\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nbody",
    ],
  ];
  for (const [request, want] of cases) {
    const { stream, sent } = fakeStream("");
    await startExchange(stream, { ...get, ...request });
    equal(textOf(sent), want);
  }
  const { stream, sent } = fakeStream("");
  const http = await startExchange(stream, { ...get, method: "POST", body: "stream" });
  await http.write(new TextEncoder().encode("first part"));
  await http.write(new Uint8Array(0));
  await http.write(new TextEncoder().encode("second"));
  await http.end();
  equal(textOf(sent).split("\r\n\r\n", 1)[0]!.includes("Transfer-Encoding: chunked"), true);
  equal(
    textOf(sent).slice(textOf(sent).indexOf("\r\n\r\n") + 4),
    "a\r\nfirst part\r\n6\r\nsecond\r\n0\r\n\r\n",
  );
});

Deno.test("an upgraded stream begins with the bytes after the head", async () => {
  const { stream } = fakeStream("HTTP/1.1 101 UPGRADED\r\n\r\nearly");
  const http = await startExchange(stream, { ...get, upgrade: "tcp" });
  await http.head();
  equal(await readAll(http.upgraded()), "early");
});

Deno.test("answers that aren't HTTP, or are cut off", async () => {
  const bad: [string, string][] = [
    ["", "the connection ended"],
    ["HTTP/1.1 200 OK\r\nA: b", "the answer ended early"],
    ["SSH-2.0-OpenSSH\r\n", 'the answer is not HTTP: it begins "SSH-2.0-OpenSSH"'],
    ["HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "the answer has a header line without a name"],
    [`HTTP/1.1 200 OK\r\nA: ${"x".repeat(70000)}\r\n\r\n`, "the head of the answer is too long"],
    ["HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "the answer's Content-Length is not a number"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "the answer ended early"],
    [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "the answer has a chunk without a length",
    ],
    [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
      "the answer has a chunk longer than it says",
    ],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "the answer ended early"],
  ];
  for (const [answer, message] of bad) {
    const http = await startExchange(fakeStream(answer).stream, get);
    await rejects(http.head().then(() => readAll(http, 5)), { name: "HttpError", message }, answer);
  }
  await rejects(startExchange(fakeStream("").stream, { ...get, path: "/a b" }), {
    name: "HttpError",
  });
  await rejects(startExchange(fakeStream("").stream, { ...get, headers: { A: "b\r\nC: d" } }), {
    name: "HttpError",
  });
});

// A mock: no real far side resets the connection at a chosen moment.
Deno.test("the text before a reset counts only if the reader is lenient", async () => {
  const open = () => {
    const { stream } = fakeStream("HTTP/1.0 400 Bad Request\r\n\r\nspeak TLS");
    const reset = new Deno.errors.ConnectionReset("reset");
    return startExchange({
      ...stream,
      read: async (into) => await stream.read(into) ?? Promise.reject(reset),
    }, get);
  };
  const refused = await open();
  equal((await refused.head()).status, 400);
  equal(await readText(refused, 100, true), "speak TLS");
  const answered = await open();
  await answered.head();
  await rejects(readText(answered, 100), Deno.errors.ConnectionReset);
});

Deno.test("a request and its body are one write", async () => {
  const { stream, sent } = fakeStream("", 1, Infinity);
  await startExchange(stream, { ...get, method: "POST", body: new Uint8Array(9) });
  equal(sent.length, 1);
});
