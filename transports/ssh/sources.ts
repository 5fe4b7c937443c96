import type { SshSources } from "./config.ts";
import type { Env } from "../transport.ts";

/** This machine's configuration of ssh. */
export function sshSources(home: string, env: Env, signal: AbortSignal): SshSources {
  return {
    files: [`${home}/.ssh/config`, "/etc/ssh/ssh_config"],
    home,
    env,
    addresses: () => Deno.networkInterfaces().map(({ address }) => address),
    read(path) {
      try {
        return Deno.readTextFileSync(path);
      } catch {
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
