import { equal, match } from "node:assert/strict";
import { alignColumns } from "../base/go/tabwriter.ts";
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

const long = "a-builder-with-a-rather-long-name";
const narrow = plainTable({
  Name: "NAME/NODE",
  Endpoint: "DRIVER/ENDPOINT",
  Status: "STATUS",
  Buildkit: "BUILDKIT",
  Platforms: "PLATFORMS",
}).render([
  { Name: `${long}*`, Endpoint: "remote", Status: "", Buildkit: "", Platforms: "" },
  ...[0, 1].map((at) => ({
    Name: ` \\_ ${long}${at}`,
    Endpoint: ` \\_ unix:///run/${at}`,
    Status: "running",
    Buildkit: "v0.32.2",
    Platforms: "linux/amd64",
  })),
]);
const plan = alignColumns(
  "TARGET\tNODE\tPLATFORM\tREASON\tENDPOINT\n" +
    "application\tamd0\tlinux/arm/v7\tno node lists it: the first node cross-builds it\t" +
    "ssh://me@build.example.com/run/buildkit/buildkitd.sock\n",
  { padding: 3, minimum: 0 },
);
const ids = plainTable({ ID: "ID", R: "RECLAIMABLE", Size: "SIZE", Last: "LAST ACCESSED" })
  .render([{ ID: "a6pjne8s3w95wym7pl3agw69p*", R: "true", Size: "4.096kB", Last: "2 days ago" }]);

Deno.test("a narrow table leaves out columns, and cuts no identifier; names differ at their ends", () => {
  equal(
    fitTable(narrow, 40, none),
    [
      "NAME/NODE                       STATUS",
      "a-builder-with-a-ra…long-name*",
      " \\_ a-builder-with-…long-name0  running",
      " \\_ a-builder-with-…long-name1  running",
      "",
    ].join("\n"),
  );
  match(fitTable(narrow, 30, none), /…\S*name1 {2}running$/m);
  equal(
    fitTable(plan, 60, none).split("\n")[1],
    "application  amd0  linux/arm/v7  no node lis…  ssh://me@bu…",
  );
  equal(fitTable(ids, 40, none).split("\n")[1], "a6pjne8s3w95wym7pl3agw69p*  4.096kB");
  equal(fitTable(ids, 30, none).split("\n")[1], "a6pjne8s3w95wym7pl3agw69p*");
  for (let columns = 20; columns <= 120; columns++) {
    for (const table of [narrow, ids, plan]) {
      for (const line of fitTable(table, columns, none).split("\n")) {
        equal(textWidth(line) < columns, true, `${columns}: ${line}`);
      }
    }
  }
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
