import { equal } from "node:assert/strict";
import { message } from "../tests/progress/messages.ts";
import { rawJson } from "./rawjson.ts";

// Whole builds are compared with buildx's own output in tests/progress/replay_test.ts.
Deno.test("rawJson() leaves out what Go leaves out, and keeps what Go keeps", () => {
  equal(rawJson(message({})), "{}\n");
  equal(
    rawJson(message({
      v: [{ d: "d", name: "a <b> & \u2028", start: 0, stop: 1.5, cached: true }],
      s: [{ v: "d", id: "", at: 0 }],
      l: [{ v: "d", at: 120, text: "" }],
    })),
    '{"vertexes":[{"digest":"d","name":"a \\u003cb\\u003e \\u0026 \\u2028",' +
      '"started":"2026-01-02T03:04:05Z","completed":"2026-01-02T03:04:05.0015Z","cached":true}],' +
      '"statuses":[{"id":"","vertex":"d","current":0,"timestamp":"2026-01-02T03:04:05Z"}],' +
      '"logs":[{"vertex":"d","stream":1,"data":null,"timestamp":"2026-01-02T03:04:05.12Z"}]}\n',
  );
  equal(
    rawJson(message({
      v: [{ d: "d", error: "e", group: { id: "g", name: "n", weak: true } }],
      w: [{ v: "d", short: "hi", detail: ["x"], url: "u", file: ["f", "t", 3] }],
    })),
    '{"vertexes":[{"digest":"d","name":"d","error":"e",' +
      '"progressGroup":{"id":"g","name":"n","weak":true}}],' +
      '"warnings":[{"vertex":"d","level":1,"short":"aGk=","detail":["eA=="],"url":"u",' +
      '"sourceInfo":{"filename":"f","data":"dA=="},"range":[{"start":{"line":3}}]}]}\n',
  );
});
