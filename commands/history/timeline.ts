import type { StatusResponse } from "../../proto/gen/control.ts";
import { openStore } from "../../builders/builder.ts";
import { checkResultPath, writeResult } from "../../builds/results/result.ts";
import { defineCommand } from "../../cli/command.ts";
import { rfc3339 } from "../../base/go/time.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { timelinePage } from "../../progress/timeline/page.ts";
import { recordTimeline } from "../../progress/timeline/record.ts";
import { UsageError } from "../../base/usage_error.ts";
import { readLocalState } from "./records/local_state.ts";
import { buildName } from "./records/build_name.ts";
import { endedRecord, findRecord, fullRef, queryRecords } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  description: "Write a page with a build's steps on a time axis\n\n" +
    "The page is one HTML file with steps, transfers and the critical path; a click on a step shows\n" +
    "its log. A running build is followed until it ends.",
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
    if (!toStdout) checkResultPath(flags.output);
    await using nodes = await reachNodes(deps, global);
    const { signal } = deps;
    const found = await findRecord(nodes, args[0] ?? "", { signal });
    // Each node of a build on several nodes has a record of its own part.
    const parts = await queryRecords(nodes, { ref: found.record.Ref, signal });
    nodes.warn(deps);
    if (parts.some(({ record }) => record.CompletedAt === undefined)) {
      deps.stderr.write(`build ${found.record.Ref} still runs: its page comes when it ends\n`);
    }
    const recorder = recordTimeline();
    const errors = await Promise.all(parts.map(async (part) => {
      const take = (status: StatusResponse) => recorder.update(status, deps.clock.now(), false);
      await part.at.client.status(part.record.Ref, take, { signal });
      return (await endedRecord(part, deps)).error?.message ?? "";
    }));
    const isCanceled = (error: string) => error.endsWith("canceled");
    // A part that was stopped because another one failed isn't the cause.
    const error = errors.find((error) => error !== "" && !isCanceled(error)) ??
      errors.find(isCanceled) ?? "";
    const started = parts.at(-1)!.record.CreatedAt;
    const state = readLocalState(openStore(deps.env), found);
    const page = timelinePage(recorder.timeline(deps.clock.now()), {
      title: buildName(found.record.FrontendAttrs, state) || found.record.Ref,
      outcome: error === "" ? "finished" : isCanceled(error) ? "canceled" : "failed",
      error,
      facts: [
        ["ref", fullRef(found)],
        ["started", started === undefined ? "" : rfc3339(started)],
      ],
    });
    if (toStdout) deps.stdout.write(page);
    else writeResult(flags.output, page);
  },
});
