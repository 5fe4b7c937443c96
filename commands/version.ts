import { buildxVersion, version } from "../version.ts";
import { defineCommand } from "../cli/command.ts";

/** Names under which callers expect buildx, or docker's plugin. */
const pluginNames = /^(?:buildx|docker-buildx|docker-fairlead)(?:\.exe)?$/;

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  flags: {},
  ignoresBuilder: true,
  run({ deps }) {
    const own = `${version.number} ${version.revision}`;
    // Callers of `buildx version` read the first version to learn what the program understands.
    const asBuildx = deps.plugin !== undefined || pluginNames.test(deps.env("FAIRLEAD_NAME") ?? "");
    deps.stdout.write(
      !asBuildx ? `fairlead ${own}\n` : `fairlead/buildx ${buildxVersion} fairlead ${own}\n`,
    );
    return Promise.resolve();
  },
});
