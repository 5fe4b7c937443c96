import { chooseBuilder, openStore, requireRemote } from "../builders/builder.ts";
import { defineCommand } from "./command.ts";
import { buildFlags } from "./build/flags.ts";
import { imageId, metadataText, removeResult, writeResult } from "./build/result.ts";
import { prepare } from "./build/prepare.ts";
import { runBuild } from "./build/run.ts";
import { openScratch } from "./build/scratch.ts";
import { chooseMode } from "./progress/mode.ts";
import { startProgress } from "./progress/progress.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] PATH | URL | -", min: 1, max: 1 },
  flags: buildFlags,
  async run({ deps, args, flags, given, global }) {
    const { mode, printId } = chooseMode({
      flag: flags.progress,
      quiet: flags.quiet,
      env: deps.env,
      isTerminal: deps.stderr.isTerminal,
    });
    const store = openStore(deps.env);
    const builder = await chooseBuilder(store, deps.env, global.builder);
    requireRemote(builder);
    using scratch = openScratch();
    const build = await prepare(args[0]!, flags, { deps, builder, store, given, scratch });
    for (const file of [flags.iidfile, flags["metadata-file"]]) if (file) removeResult(file);

    store.noteUse(builder.name);
    using progress = startProgress({
      mode,
      out: deps.stderr,
      size: () => deps.stderr.size() ?? { columns: 80, rows: 24 },
      env: deps.env,
      now: deps.clock.now,
      driver: builder.driver,
      builder: builder.name,
      expandWarnings: global.debug,
    });
    const answers = await runBuild(build, { deps, builder, node: build.node, progress });
    if (flags.iidfile) writeResult(flags.iidfile, imageId(answers));
    if (flags["metadata-file"]) writeResult(flags["metadata-file"], metadataText(answers));
    if (printId && imageId(answers)) deps.stdout.write(`${imageId(answers)}\n`);
  },
});
