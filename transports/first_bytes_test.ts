import assert from "node:assert/strict";
import { explainFirstBytes } from "./first_bytes.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (value: string) => new TextEncoder().encode(value);

Deno.test("the first bytes of HTTP/2 need no explanation", () => {
  // SETTINGS of a gRPC server in Go; empty SETTINGS; only the beginning; GOAWAY
  for (
    const good of [
      bytes(0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 64, 0),
      bytes(0, 0, 0, 4, 0, 0, 0, 0, 0),
      bytes(0, 0),
      bytes(0, 0, 8, 7, 0, 0, 0, 0, 0),
    ]
  ) assert.equal(explainFirstBytes(good), undefined);
});

Deno.test("other first bytes are explained", () => {
  for (
    const [first, expected] of [
      [bytes(), /closed the connection without an answer; .*expects TLS/],
      [
        bytes(0x15, 3, 1, 0, 2, 2, 70),
        /the port expects TLS, but the connection has none; give .*--driver-opt cacert=FILE/,
      ],
      [
        text("HTTP/1.1 400 Bad Request\r\nServer: x\r\n"),
        /HTTP\/1.1 server.*"HTTP\/1.1 400 Bad Request"; .*--addr/,
      ],
      [
        text("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"),
        /HTTP\/1.1 server.*give .*cacert=FILE/,
      ],
      [
        text("SSH-2.0-OpenSSH_9.2p1\r\n"),
        /an SSH server is listening there.*"SSH-2.0-OpenSSH_9.2p1"/,
      ],
      [text("error: no such container\n"), /wrote the text "error: no such container"/],
      [text("\x1b[31mred"), /not speak HTTP\/2: it began with the bytes 1b 5b 33/],
      [bytes(0, 0, 6, 1, 0, 0, 0, 0, 1), /it began with the bytes 00 00 06 01/],
      [bytes(0xff, 0xfe), /it began with the bytes ff fe/],
    ] as const
  ) {
    const misfit = explainFirstBytes(first);
    assert.match(`${misfit?.problem}; ${misfit?.hint}`, expected);
  }
  assert.match(explainFirstBytes(bytes(), true)!.hint, /refused the connection/);
});
