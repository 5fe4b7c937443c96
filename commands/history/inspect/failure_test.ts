import assert from "node:assert/strict";
import { StatusResponse, Vertex, VertexLog } from "../../../proto/gen/control.ts";
import { messageOf } from "../../../proto/message_of.ts";
import { stepLogs } from "./failure.ts";

const message = (vertex: string, stream: bigint, text: string) =>
  messageOf(StatusResponse, {
    logs: [messageOf(VertexLog, { vertex, stream, msg: new TextEncoder().encode(text) })],
  });

Deno.test("stepLogs() joins lines that came in pieces, and keeps streams apart", () => {
  const messages = [
    messageOf(StatusResponse, {
      vertexes: [
        messageOf(Vertex, { digest: "d", name: "RUN x" }),
        messageOf(Vertex, { digest: "e" }),
      ],
    }),
    message("d", 1n, "one\ntw"),
    message("d", 2n, "err"),
    message("e", 1n, "another step\n"),
    message("d", 1n, "o\n\nthree\n"),
    message("d", 2n, "or\n"),
    message("d", 1n, "four"),
  ];
  assert.deepEqual(stepLogs(messages, "d"), {
    step: "RUN x",
    logs: ["one", "two", "error", "three", "four"],
  });
});

Deno.test("stepLogs() keeps the end", () => {
  const text = Array.from({ length: 40 }, (_, i) => `${i}\n`).join("");
  const { logs } = stepLogs([message("d", 1n, text)], "d");
  assert.equal(logs.length, 16);
  assert.equal(logs[0], "24");
});
