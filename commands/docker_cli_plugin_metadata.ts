/**
 * The metadata that docker and docker compose read from a program in docker's plugin folders before
 * they use it (https://github.com/docker/cli/blob/master/cli-plugins/metadata/metadata.go).
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
      // Compose refuses plugins that are too old by this version, so it is that of the equivalent
      // buildx.
      Version: buildxVersion,
      ShortDescription: "Fairlead",
    };
    deps.stdout.write(`${JSON.stringify(metadata, null, 2)}\n`);
    return Promise.resolve();
  },
});
