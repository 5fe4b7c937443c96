/** What a build would refuse of a target, found without building: `--print` fails where a build would. */
import { openAgents } from "../../buildkit/session/ssh_agents.ts";
import { openSecrets } from "../../buildkit/session/secret_source.ts";
import { parsePlatforms } from "../../builders/platforms.ts";
import type { Env } from "../../transports/transport.ts";
import type { buildFlags } from "../build/flags.ts";
import { annotations, resources, ulimits } from "../flags/frontend.ts";
import { parseOutputs, resolveEntries } from "../flags/output.ts";
import { parseSecrets } from "../flags/secret.ts";
import type { FlagValues } from "../flags/spec.ts";
import { parseSsh } from "../flags/ssh.ts";

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
