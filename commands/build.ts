import { chooseBuilder, openStore, requireRemote } from "../builders/builder.ts";
import { defineCommand } from "./command.ts";
import { buildFlags } from "./build/flags.ts";
import { imageId, metadataText, removeResult, writeResult } from "./build/result.ts";
import { provenanceMode, wantsWarnings } from "./build/metadata.ts";
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
    const provenance = flags["metadata-file"] ? provenanceMode(deps.env) : undefined;
    const context = { deps, builder, node: build.node, progress, provenance };
    const answers = await runBuild(build, context);
    if (flags.iidfile) writeResult(flags.iidfile, imageId(answers));
    if (flags["metadata-file"]) {
      const warnings = wantsWarnings(deps.env) ? progress.warnings() : [];
      writeResult(flags["metadata-file"], metadataText(answers, warnings));
    }
    if (printId && imageId(answers)) deps.stdout.write(`${imageId(answers)}\n`);
  },
});
