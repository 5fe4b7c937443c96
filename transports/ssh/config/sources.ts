import { joinBytes } from "../../../base/bytes.ts";
import { namesIn } from "../../../base/stat.ts";
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
        using file = Deno.openSync(path);
        if (guarded) guard(path, file.statSync());
        return readWhole(file);
      } catch (error) {
        if (error instanceof SshConfigError) throw error;
        return undefined;
      }
    },
    list: namesIn,
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

/** Reads the open file that was checked: another one may be at its path by now. */
function readWhole(file: Deno.FsFile): string {
  const parts: Uint8Array[] = [];
  for (let part = new Uint8Array(64 << 10), n; (n = file.readSync(part));) {
    parts.push(part.slice(0, n));
  }
  return new TextDecoder().decode(joinBytes(parts));
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
