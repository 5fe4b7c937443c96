/** OpenSSH's agent, at a socket of the test's own. */
import { check } from "./run.ts";

export interface SshAgent extends AsyncDisposable {
  /** For the programs that are to use it: `SSH_AUTH_SOCK`. */
  readonly env: { readonly SSH_AUTH_SOCK: string };
}

/** Ready when it returns, with these keys. */
export async function startSshAgent(
  socket: string,
  keys: readonly string[] = [],
): Promise<SshAgent> {
  const child = new Deno.Command("ssh-agent", {
    args: ["-D", "-a", socket],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const agent: SshAgent = {
    env: { SSH_AUTH_SOCK: socket },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
    },
  };
  try {
    for (let tries = 0; !await listens(socket); tries++) {
      if (tries > 500) throw new Error("ssh-agent doesn't listen");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (keys.length > 0) await check("ssh-add", ["-q", ...keys], { env: agent.env });
    return agent;
  } catch (error) {
    await agent[Symbol.asyncDispose]();
    throw error;
  }
}

async function listens(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch {
    return false;
  }
}
