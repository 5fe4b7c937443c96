import { openStore } from "../../builders/builder.ts";
import { checkResultPath, writeResult } from "../../builds/results/result.ts";
import { defineCommand } from "../../cli/command.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { timelinePage } from "../../progress/timeline/page.ts";
import { UsageError } from "../../base/usage_error.ts";
import { pageFacts } from "./records/page_facts.ts";
import { readBuild } from "./records/recorded_build.ts";
import { findRecord } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  description: "Write a page with the timeline of a build's steps\n\n" +
    "The page is one HTML file with a summary, steps, transfers and the critical path; a click on a\n" +
    "step shows its log. The command waits for the end of a running build.",
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
    nodes.warn(deps);
    const context = { clock: deps.clock, signal, store: openStore(deps.env) };
    const build = await readBuild(
      nodes,
      found,
      context,
      () =>
        deps.stderr.write(
          `build ${found.record.Ref} is still running: its page is written when it ends\n`,
        ),
    );
    const page = timelinePage(build.timeline, pageFacts(build));
    if (toStdout) deps.stdout.write(page);
    else writeResult(flags.output, page);
  },
});
