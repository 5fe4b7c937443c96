import { openStore } from "../../builders/builder.ts";
import { writeResult } from "../build/results/result.ts";
import { defineCommand } from "../program/command.ts";
import { rfc3339 } from "../text/go_time.ts";
import { reachNodes } from "../reach/nodes.ts";
import { timelinePage } from "../timeline/page.ts";
import { recordTimeline } from "../timeline/record.ts";
import { UsageError } from "../program/usage_error.ts";
import { readLocalState } from "./local_state.ts";
import { warnOfNodes } from "./lost_nodes.ts";
import { buildName } from "./name.ts";
import { findRecord, fullRef } from "./records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  description: "Write a page with the steps of a build on a time axis\n\n" +
    "One HTML file: steps, cached and not, transfers, the critical path, and the log of a step on\n" +
    "click. Of a build that still runs, what there is when it ends.",
  flags: {
    output: { kind: "string", short: "o", summary: 'Output file path ("-" for stdout)' },
  },
  async run({ deps, args, flags, global }) {
    const toStdout = flags.output === "" || flags.output === "-";
    if (flags.output === "" && deps.stdout.isTerminal) {
      throw new UsageError(
        "refusing to write a page to the terminal",
        "name a file: 'fairlead history timeline -o timeline.html'",
      );
    }
    await using nodes = await reachNodes(deps, global);
    const { signal } = deps;
    const found = await findRecord(nodes, args[0] ?? "", { signal });
    warnOfNodes(deps, nodes);
    const { at, record } = found;
    const recorder = recordTimeline();
    const take = (status: Parameters<typeof recorder.update>[0]) =>
      recorder.update(status, deps.clock.now(), false);
    await at.client.status(record.Ref, take, { signal });
    const error = record.error?.message ?? "";
    const state = readLocalState(openStore(deps.env), found);
    const page = timelinePage(recorder.timeline(deps.clock.now()), {
      title: buildName(record.FrontendAttrs, state) || record.Ref,
      outcome: error === "" ? "finished" : error.endsWith("canceled") ? "canceled" : "failed",
      error,
      facts: [
        ["ref", fullRef(found)],
        ["started", record.CreatedAt === undefined ? "" : rfc3339(record.CreatedAt)],
      ],
    });
    if (toStdout) deps.stdout.write(page);
    else writeResult(flags.output, page);
  },
});
