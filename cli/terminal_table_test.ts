import { equal, match } from "node:assert/strict";
import { textWidth } from "../base/width.ts";
import { palette } from "./colors.ts";
import { plainTable } from "./plain_table.ts";
import { fitTable } from "./terminal_table.ts";

const none = palette({ isTerminal: false }, () => undefined);
const colors = palette({ isTerminal: true }, () => undefined);

const table = plainTable({
  Name: "NAME/NODE",
  Endpoint: "DRIVER/ENDPOINT",
  Status: "STATUS",
  Platforms: "PLATFORMS",
}).render([
  { Name: "far*", Endpoint: "remote", Status: "", Platforms: "" },
  {
    Name: " \\_ far0",
    Endpoint: " \\_ ssh://me@build.example.com/run/buildkit/buildkitd.sock",
    Status: "running",
    Platforms: "linux/amd64 (+4), linux/arm64, linux/arm (+2), linux/ppc64le, (5 more)",
  },
  { Name: " \\_ far1", Endpoint: " \\_ tcp://h:1", Status: "error", Platforms: "" },
]);

Deno.test("a table fits the terminal; names and states stay whole", () => {
  for (const columns of [60, 80, 120]) {
    const lines = fitTable(table, columns, none).split("\n");
    for (const line of lines) equal(textWidth(line) < columns, true, `${columns}: ${line}`);
    equal(lines.length, table.split("\n").length);
    match(lines[2]!, / \\_ far0 {2}.*running/);
  }
  equal(
    fitTable(table, 80, none).split("\n")[2],
    " \\_ far0    \\_ ssh://me@build.example.…  running  linux/amd64 (+4), linux/arm6…",
  );
});

Deno.test("a table that fits stays as it is, but for colours", () => {
  const strip = (text: string) => text.replace(/ +$/gm, "");
  equal(fitTable(table, 400, none), strip(table));
  const painted = fitTable(table, 400, colors);
  equal(painted.includes("\x1b[32mrunning\x1b[0m"), true);
  equal(painted.includes("\x1b[31merror\x1b[0m"), true);
});

Deno.test("NO_COLOR, a dumb terminal and a pipe have no colours", () => {
  const text = "x";
  equal(
    palette({ isTerminal: true }, (name) => name === "NO_COLOR" ? "1" : undefined).bad(text),
    text,
  );
  equal(
    palette({ isTerminal: true }, (name) => name === "TERM" ? "dumb" : undefined).bad(text),
    text,
  );
  equal(none.bad(text), text);
});
