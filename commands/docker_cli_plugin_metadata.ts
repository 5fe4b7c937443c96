/**
 * What docker and docker compose ask a program in docker's plugin folders before they use it
 * (https://github.com/docker/cli/blob/master/cli-plugins/metadata/metadata.go).
 */
import { buildxVersion } from "../version.ts";
import { defineCommand } from "../cli/command.ts";

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  flags: {},
  ignoresBuilder: true,
  run({ deps }) {
    const metadata = {
      SchemaVersion: "0.1.0",
      Vendor: "fairlead",
      // Compose takes a plugin for too old or too new by this: what counts is which buildx it is like.
      Version: buildxVersion,
      ShortDescription: "Fairlead",
    };
    deps.stdout.write(`${JSON.stringify(metadata, null, 2)}\n`);
    return Promise.resolve();
  },
});
