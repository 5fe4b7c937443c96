import { maybe } from "../../../base/maybe.ts";
import type { SshSources } from "./config.ts";
import { SshConfigError } from "./config_error.ts";
import type { Env } from "../../transport.ts";

/** Gives access to this machine's ssh configuration. */
export function sshSources(home: string, env: Env, signal: AbortSignal): SshSources {
  return {
    files: [`${home}/.ssh/config`, "/etc/ssh/ssh_config"],
    home,
    env,
    addresses: () => Deno.networkInterfaces().map(({ address }) => address),
    read(path, guarded) {
      try {
        if (guarded) guard(path, Deno.statSync(path));
        return Deno.readTextFileSync(path);
      } catch (error) {
        if (error instanceof SshConfigError) throw error;
        return undefined;
      }
    },
    list(folder) {
      return maybe(() => [...Deno.readDirSync(folder)].map(({ name }) => name)) ?? [];
    },
    /** As OpenSSH does, runs the command in the user's shell, without input and output. */
    async run(command) {
      signal.throwIfAborted();
      const { code } = await new Deno.Command(env("SHELL") || "/bin/sh", {
        args: ["-c", command],
        stdin: "null",
        stdout: "null",
        stderr: "null",
        signal,
      }).output();
      signal.throwIfAborted();
      return code === 0;
    },
  };
}

/**
 * Refuses a file that others may write, as OpenSSH does, because its commands are run. Debian's
 * OpenSSH also allows the user's own group.
 */
function guard(path: string, { mode, uid, gid }: Deno.FileInfo): void {
  if (Deno.build.os === "windows" || mode === null) return;
  const isOurs = uid === 0 || uid === Deno.uid();
  if (isOurs && (mode & 0o002) === 0 && ((mode & 0o020) === 0 || gid === Deno.gid())) return;
  throw new SshConfigError(
    path,
    "it is not used, because other users can write to it",
    isOurs ? `chmod go-w ${path}` : `chown ${Deno.uid()} ${path}`,
  );
}
