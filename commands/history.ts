import { defineGroup } from "../cli/command.ts";

export const command = defineGroup([
  {
    name: "attach",
    summary: "Follow a running build",
    load: () => import("./history/attach.ts"),
  },
  {
    name: "diff",
    summary: "Compare two builds: what ran again, why, and what it cost",
    load: () => import("./history/diff.ts"),
  },
  {
    name: "export",
    summary: "Export build records into Docker Desktop bundle",
    load: () => import("./history/export.ts"),
  },
  {
    name: "import",
    summary: "Import build records into Docker Desktop",
    load: () => import("./history/import.ts"),
  },
  {
    name: "inspect",
    summary: "Inspect a build record",
    isGroup: true,
    load: () => import("./history/inspect.ts"),
  },
  {
    name: "logs",
    summary: "Print the logs of a build record",
    load: () => import("./history/logs.ts"),
  },
  { name: "ls", summary: "List build records", load: () => import("./history/ls.ts") },
  {
    name: "open",
    summary: "Open build records in Docker Desktop, or in the browser",
    load: () => import("./history/open.ts"),
  },
  { name: "rm", summary: "Remove build records", load: () => import("./history/rm.ts") },
  {
    name: "timeline",
    summary: "Write a page with the timeline of a build's steps",
    load: () => import("./history/timeline.ts"),
  },
  {
    name: "trace",
    summary: "Show the OpenTelemetry trace of a build record",
    load: () => import("./history/trace.ts"),
  },
]);
