import type { SshSources } from "./config.ts";
import { SshConfigError } from "./config_error.ts";
import type { Env } from "../transport.ts";

/** This machine's configuration of ssh. */
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
      try {
        return [...Deno.readDirSync(folder)].map(({ name }) => name);
      } catch {
        return [];
      }
    },
    /** As OpenSSH does: by the user's shell, with nothing to read and nothing to say. */
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

/** As OpenSSH does: what is in the file is run. Debian's lets the user's own group write, too. */
function guard(path: string, { mode, uid, gid }: Deno.FileInfo): void {
  if (Deno.build.os === "windows" || mode === null) return;
  const isOurs = uid === 0 || uid === Deno.uid();
  if (isOurs && (mode & 0o002) === 0 && ((mode & 0o020) === 0 || gid === Deno.gid())) return;
  throw new SshConfigError(
    path,
    "it is not used, since others than you may write to it",
    isOurs ? `chmod go-w ${path}` : `chown ${Deno.uid()} ${path}`,
  );
}
