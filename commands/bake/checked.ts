/** What a build would refuse of a target, found without building: `--print` fails where a build would. */
import { openAgents } from "../../buildkit/session/ssh_agents.ts";
import { openSecrets } from "../../buildkit/session/secret_source.ts";
import { parsePlatforms } from "../../builders/platforms.ts";
import type { Env } from "../../transports/transport.ts";
import type { buildFlags } from "../../builds/flags.ts";
import { annotations } from "../../images/annotation_flag.ts";
import { resources, ulimits } from "../../builds/spec/frontend.ts";
import { parseOutputs, resolveEntries } from "../../builds/spec/output.ts";
import { parseSecrets } from "../../builds/spec/secret.ts";
import type { FlagValues } from "../../cli/flags/spec.ts";
import { parseSsh } from "../../builds/spec/ssh.ts";

/** Throws what the build would. */
export async function checkBuild(
  flags: FlagValues<typeof buildFlags>,
  { env, stdoutIsTerminal }: { readonly env: Env; readonly stdoutIsTerminal: boolean },
): Promise<void> {
  if (flags.platform.length > 0) parsePlatforms(flags.platform);
  annotations(flags.annotation);
  ulimits(flags.ulimit);
  resources(flags.resource);
  if (flags.secret.length > 0) await openSecrets(parseSecrets(flags.secret), env);
  if (flags.ssh.length > 0) await openAgents(parseSsh(flags.ssh), env);
  if (flags.output.length > 0) {
    await resolveEntries(parseOutputs(flags.output), { stdoutIsTerminal });
  }
}
